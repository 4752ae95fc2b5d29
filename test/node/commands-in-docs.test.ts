/** What the pages tell their readers to type: commands that work on a fresh clone, queries that are answered. */
import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { servedDocument } from '../../scripts/openapi-document.ts'

const pages = ['*.md', 'bench/*.md', 'docs/**/*.md', '{examples,packages}/*/*.md']
  .flatMap((pattern) => globSync(pattern))
  .map((file) => [file, readFileSync(file, 'utf8')] as const)

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>
}

/** Whether a script begins with scripts/run.mjs, itself or by the script that it runs first. */
function installs(name: string): boolean {
  const script = scripts[name] ?? ''
  const [, first] = /^npm run ([\w:-]+)/.exec(script) ?? []
  return first === undefined ? script.startsWith('node scripts/run.mjs ') : installs(first)
}

it('every command that a page names is there, and installs what it needs', () => {
  const named = pages.flatMap(([file, text]) =>
    Array.from(
      text.matchAll(/npm (?:run (?:-s )?([\w:-]+)|(start|test)\b)/g),
      ([, script, own = '']) => ({
        file,
        name: script ?? own,
      }),
    ),
  )
  const names = new Set(named.map(({ name }) => name))
  for (const name of ['start', 'test:e2e', 'restore', 'admin', 'example'])
    expect(names).toContain(name)
  expect(named.filter(({ name }) => !installs(name))).toEqual([])
})

it('every script installs first, and a page or .ci/run names it', () => {
  const checks = readFileSync('scripts/check.ts', 'utf8').replaceAll("'check:", "'npm run check:")
  const others = [readFileSync('.ci/run', 'utf8'), checks, ...Object.values(scripts)].join('\n')
  const texts = pages.map(([, text]) => text).join('\n') + others
  const names = Object.keys(scripts)
  expect(names.length).toBeLessThanOrEqual(28)
  expect(names.filter((name) => !installs(name))).toEqual([])
  const isNamed = (name: string) => new RegExp(`npm (run (-s )?)?${name}(?![\\w:-])`).test(texts)
  expect(names.filter((name) => !isNamed(name))).toEqual([])
})

it('the README has at most 150 lines', () => {
  expect(readFileSync('README.md', 'utf8').split('\n').length).toBeLessThanOrEqual(151)
})

it('no command reaches into a node_modules that may not be there yet', () => {
  const direct = pages.filter(([, text]) => /^[^#\n]*node_modules\/\.bin\//m.test(text))
  expect(direct.map(([file]) => file)).toEqual([])
})

interface Operation {
  parameters?: { name: string; in: string; schema?: { enum?: string[] } }[]
}

it('every query that a page shows is one that its operation takes', async () => {
  const { paths } = (await servedDocument()) as { paths: Record<string, Record<string, Operation>> }
  const shown = pages.flatMap(([file, text]) =>
    Array.from(
      text.matchAll(/(GET|POST|DELETE) (\/[\w/{}.-]+)\?([\w=&|.%-]+)/g),
      ([whole, method = '', path = '', query = '']) => ({ file, whole, method, path, query }),
    ),
  )
  expect(shown.length).toBeGreaterThan(3)
  const wrong = shown.filter(({ method, path, query }) => {
    const taken = (paths[path] ?? paths[`/api/v1${path}`])?.[method.toLowerCase()]?.parameters ?? []
    return [...new URLSearchParams(query)].some(([name, value]) => {
      const found = taken.find((each) => each.in === 'query' && each.name === name)
      const allowed = found?.schema?.enum
      return !found || (allowed && value.split('|').some((each) => !allowed.includes(each)))
    })
  })
  expect(wrong).toEqual([])
}, 60_000)
