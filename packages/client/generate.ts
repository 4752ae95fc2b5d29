/**
 * Writes src/api.ts, the types of the API, from the OpenAPI document that the service serves.
 * test/node/openapi-document.test.ts fails when the file is outdated.
 */
import { writeFileSync } from 'node:fs'
import openapiTypescript, { astToString, COMMENT_HEADER } from 'openapi-typescript'
import { servedDocument } from '../../scripts/openapi-document.ts'

type Json = Record<string, unknown>
interface Operation {
  parameters: Json[]
  requestBody?: { content: Json }
  responses: Json
}

/** Returns the text of src/api.ts for a document. */
export async function apiTypes(document: Json): Promise<string> {
  const types = await openapiTypescript(JSON.stringify(forClient(document)), {
    alphabetize: true,
    rootTypes: true,
    rootTypesNoSchemaPrefix: true,
  })
  return `${COMMENT_HEADER}${astToString(types)}`
}

/**
 * Reduces the document to what the client has types for: successful responses (all others are
 * thrown, with one type), JSON bodies, no headers and no examples.
 */
function forClient(document: Json): Json {
  const paths = document['paths'] as Record<string, Record<string, Operation>>
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path))) {
    const { requestBody, responses, parameters } = operation
    // References are headers of servers, which the functions of the client do not take.
    operation.parameters = parameters.filter((each) => !('$ref' in each))
    if (requestBody) delete requestBody.content['application/x-www-form-urlencoded']
    for (const status of Object.keys(responses)) {
      if (!status.startsWith('2')) delete responses[status]
    }
  }
  const { schemas } = document['components'] as Json
  return withoutExamples({ ...document, components: { schemas } }) as Json
}

function withoutExamples(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutExamples)
  if (typeof node !== 'object' || node === null) return node
  const kept = Object.entries(node).filter(([name]) => name !== 'example' && name !== 'examples')
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutExamples(value)]))
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(`${import.meta.dirname}/src/api.ts`, await apiTypes(await servedDocument()))
}
