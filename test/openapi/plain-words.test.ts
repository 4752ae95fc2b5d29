/** The served OpenAPI document calls no person "he". test/node/plain-words.test.ts checks the files. */
import { expect, it } from 'vitest'
import { get } from '../support/api'
import { wordsForHim } from '../support/plain-words'

it('no text of the document calls a person he', async () => {
  const { body } = await get('/openapi.json')
  const texts: string[] = []
  JSON.stringify(body, (_, value: unknown) => {
    if (typeof value === 'string') texts.push(value)
    return value
  })
  expect(texts.length).toBeGreaterThan(500)
  expect(texts.filter((text) => wordsForHim(text).length > 0)).toEqual([])
})
