/** Every link from one document to another leads somewhere, to the heading that it names too. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, it } from 'vitest'

const documents = ['*.md', 'bench/*.md', 'docs/**/*.md', '{examples,packages}/*/*.md'].flatMap(
  (pattern) => globSync(pattern),
)

/** Prose alone: what stands in code is no link. */
const prose = (file: string) =>
  readFileSync(file, 'utf8')
    .replaceAll(/^```[^]*?^```/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ''))

/** As GitHub makes an anchor of a heading. */
const anchorsOf = (file: string): string[] =>
  Array.from(prose(file).matchAll(/^#+ +(.*)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

function fault(from: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#')
  const file = path === '' ? from : normalize(join(dirname(from), path))
  if (!existsSync(file)) return `${from}: ${link} leads nowhere`
  if (anchor === undefined || statSync(file).isDirectory()) return undefined
  return anchorsOf(file).includes(anchor) ? undefined : `${from}: ${link} names no heading`
}

it('leads somewhere', () => {
  const links = documents.flatMap((from) =>
    Array.from(prose(from).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => ({ from, link })),
  )
  const own = links.filter(({ link }) => !/^[a-z]+:/.test(link))
  expect(own.length).toBeGreaterThan(50)
  expect(own.flatMap(({ from, link }) => fault(from, link) ?? [])).toEqual([])
})
