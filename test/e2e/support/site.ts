/** The whole service for a run: the bundle as `wrangler dev` runs it, with assets, D1, objects and mails. */
import { startLocalService } from '../../../scripts/local-service.ts'
import { mailedPathAt } from '../../node/local-mail.ts'

export const { base, setupToken: SETUP_TOKEN, stop: stopSite } = await startLocalService()

/** The path of the link that was last mailed to an address, once there is one. */
export const mailedPath = (address: string, path: string): Promise<string> =>
  mailedPathAt(base, address, path)

/** Writes to the database, for what only time would bring. */
export async function writeRows(statements: readonly string[]): Promise<void> {
  const { DB } = await server.getWorker<{ DB: Database }>().getEnv()
  await DB.batch(statements.map((statement) => DB.prepare(statement)))
}
interface Database {
  prepare(sql: string): unknown
  batch(statements: readonly unknown[]): Promise<unknown>
}

/** A POST as a page's form makes it, for what a journey needs but does not show. */
export const postForm = (path: string, fields: Record<string, string>): Promise<Response> =>
  fetch(`${base}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'sec-fetch-site': 'same-origin', accept: 'text/html' },
    body: new URLSearchParams(fields),
  })
