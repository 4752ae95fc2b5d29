import * as z from 'zod'
import type { Config } from '../config'
import type { Deps } from '../context'
import { DomainError } from '../errors'
import { cachedAnswer, type CachedText, cachedText } from '../http/cached-answer'
import { route } from '../http/route'
import { DOCUMENT_ASSET, PLACEHOLDERS } from '../openapi/placeholders'

/** How long a client may cache the document. */
const DOCUMENT_SECONDS = 300

export const openApiRoute = route(
  {
    method: 'get',
    path: '/openapi.json',
    access: 'anyone',
    docs: __DOCS__ && {
      tag: 'For machines',
      summary: 'Get this document',
      answers: {
        200: {
          description: 'The OpenAPI 3.1 document',
          schema: z.lazy(() => z.looseObject({ openapi: z.string() })),
        },
        304: { description: 'The document still matches `If-None-Match`' },
      },
    },
  },
  async ({ deps, request }) =>
    cachedAnswer(await documentOf(deps), request, {
      contentType: 'application/json; charset=utf-8',
      maxAge: DOCUMENT_SECONDS,
    }),
)

const documents = new Map<string, CachedText>()

/** Read from the assets once per isolate. Throws `unavailable` if they cannot be read. */
async function documentOf({ env, config }: Deps): Promise<CachedText> {
  const { PRODUCT_NAME, PUBLIC_URL } = config
  const key = `${PUBLIC_URL} ${PRODUCT_NAME}`
  const known = documents.get(key)
  if (known) return known
  const response = await env.ASSETS.fetch(new URL(DOCUMENT_ASSET, PUBLIC_URL))
  if (!response.ok) {
    throw new DomainError('unavailable', {
      cause: new Error(`the asset of the OpenAPI document answered ${response.status}`),
    })
  }
  const document = await cachedText(filledIn(await response.text(), config))
  documents.set(key, document)
  return document
}

const filledIn = (template: string, config: Pick<Config, keyof typeof PLACEHOLDERS>): string =>
  Object.entries(PLACEHOLDERS).reduce(
    (text, [name, placeholder]) =>
      text.replaceAll(placeholder, inJson(config[name as keyof typeof PLACEHOLDERS])),
    template,
  )

/** As it is written within a JSON string. A function, as `$` has a meaning in a replacement. */
const inJson = (value: string) => () => JSON.stringify(value).slice(1, -1)
