/**
 * The OpenAPI document of all routes, with placeholders for what an installation sets. `scripts/openapi-asset.mjs`
 * writes it into the assets when the Worker is built. The Worker itself does not import this module.
 */
import { routes } from './app'
import { openApiDocument } from './openapi/openapi'
import { PLACEHOLDERS } from './openapi/placeholders'
import { TAGS } from './openapi/tags'

export const documentTemplate = (): string =>
  JSON.stringify(
    openApiDocument(routes, {
      title: PLACEHOLDERS.PRODUCT_NAME,
      publicUrl: PLACEHOLDERS.PUBLIC_URL,
      tags: TAGS,
    }),
  )
