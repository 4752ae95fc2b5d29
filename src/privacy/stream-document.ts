/** Streams one indented JSON document. Its long lists are fetched only as they are sent. */
import { streamText } from '../http/stream-text'

const INDENT = 2

/** Streams `fields`, then each list under its name. A list is not read before its turn. */
export function streamDocument(
  fields: object,
  lists: Readonly<Record<string, AsyncIterable<readonly object[]>>>,
): ReadableStream<Uint8Array> {
  return streamText(write(fields, lists))
}

async function* write(
  fields: object,
  lists: Readonly<Record<string, AsyncIterable<readonly object[]>>>,
): AsyncGenerator<string, void> {
  // Leave out the closing brace.
  yield JSON.stringify(fields, null, INDENT).slice(0, -2)
  for (const [name, pages] of Object.entries(lists)) {
    yield `,\n  ${JSON.stringify(name)}: [`
    let isEmpty = true
    for await (const page of pages) {
      if (page.length === 0) continue
      yield (isEmpty ? '\n' : ',\n') + page.map(indented).join(',\n')
      isEmpty = false
    }
    yield isEmpty ? ']' : '\n  ]'
  }
  yield '\n}\n'
}

const indented = (item: object): string =>
  JSON.stringify(item, null, INDENT)
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')
