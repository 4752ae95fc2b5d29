/**
 * Whether the OpenAPI document is built in. Tests and the script that writes the document set it to true. wrangler.toml
 * sets it to false, so the deployed Worker carries no descriptions and no schemas of answers.
 */
declare const __DOCS__: boolean
