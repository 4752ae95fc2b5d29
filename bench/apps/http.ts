/** HTTP as it is written: `fetch` would follow redirects and say by itself how it fetches. */
import { type Agent, request } from 'node:http'
import type { Answer, Asked } from './steps.ts'

export const send = (
  url: string,
  { path, method, headers, body }: Asked,
  agent?: Agent,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { method, headers, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0, headers: got } = response
        const setCookies = got['set-cookie'] ?? []
        resolve({ status, location: got.location, setCookies, body: text })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })

/** Runs something for each item, so many at a time. */
export async function each<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const left = items.entries()
  const results: R[] = []
  const one = async () => {
    for (const [i, item] of left) results[i] = await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  return results
}
