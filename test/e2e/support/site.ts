/** The whole service for a run: the bundle as `wrangler dev` runs it, with assets, D1, objects and mails. */
import { startLocalService } from '../../../scripts/local-service.ts'
import { mailedPathAt } from '../../node/local-mail.ts'

const site = await startLocalService({}, { knowsItsOrigin: true })
export const { base, setupToken: SETUP_TOKEN, stop: stopSite } = site

/** The path of the link that was last mailed to an address, once there is one. */
export const mailedPath = (address: string, path: string): Promise<string> =>
  mailedPathAt(base, address, path)

/** Writes to the database, for what only time would bring. */
export const { writeRows } = site

let networks = 0

/**
 * A POST as a page's form makes it, for what a journey needs but does not show. Each comes from a network of
 * its own, which may sign up only so many users a minute.
 */
export const postForm = (path: string, fields: Record<string, string>): Promise<Response> =>
  fetch(`${base}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'sec-fetch-site': 'same-origin',
      accept: 'text/html',
      'cf-connecting-ip': `203.0.113.${networks++ % 250}`,
    },
    body: new URLSearchParams(fields),
  })
