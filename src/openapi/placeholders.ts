/**
 * What an installation puts into the document that was written when the Worker was built. No text of the document
 * contains these by chance.
 */
export const PLACEHOLDERS = {
  PRODUCT_NAME: '{{PRODUCT_NAME}}',
  PUBLIC_URL: '{{PUBLIC_URL}}',
} as const

/** The assets' address of the document, which `scripts/openapi-asset.mjs` writes. */
export const DOCUMENT_ASSET = '/assets/docs/openapi.json'
