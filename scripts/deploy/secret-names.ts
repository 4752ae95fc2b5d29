/**
 * Lists the secrets of a Worker. If it wrongly returned none, new keys would overwrite those that
 * encrypt everything at rest. Therefore any output that it does not understand is refused.
 */
import { CliError } from '../cli-error.ts'
import { wrangler } from './wrangler.ts'

/**
 * Returns the names. Before the first deployment there is no Worker, and so no secret. Throws
 * CliError.
 */
export async function secretsThere(worker: string, env: readonly string[]): Promise<string[]> {
  const args = ['secret', 'list', ...env, '--format', 'json']
  const { code, output, stdout } = await wrangler(args, true)
  if (code !== 0) {
    if (isMissing(worker, output)) return []
    throw new CliError(
      `${output.trim()}\nCould not list the existing secrets. Nothing was deployed.`,
    )
  }
  const list = listIn(stdout)
  if (!list) {
    throw new CliError(
      `wrangler ${args.slice(0, 2).join(' ')} did not return a list. Nothing was deployed.\n${output.trim()}`,
    )
  }
  return list.map(({ name }) => name)
}

/** Recognises code 10007 of the account's API, or wrangler's text for it. */
const isMissing = (worker: string, said: string): boolean =>
  said.includes('[code: 10007]') ||
  said.includes(`Worker "${worker}" not found.`) ||
  said.includes(`Worker "${worker}" (env: production) not found.`)

function listIn(text: string): { name: string }[] | undefined {
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) && list.every(isNamed) ? list : undefined
  } catch {
    return undefined
  }
}

const isNamed = (each: unknown): each is { name: string } =>
  typeof each === 'object' && each !== null && 'name' in each && typeof each.name === 'string'
