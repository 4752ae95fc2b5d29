/**
 * The README's tour as data, and the rules for comparing output with what the README shows.
 *
 * A ```sh block may be followed, before the next one, by a ```text or ```json block with its
 * output. In text, lines must match, except for trailing spaces. In json, white space outside
 * strings is ignored. In both, `...` matches anything within a line, a string or a list of fields.
 * In text, a line with only `...` matches any number of lines.
 */

export interface Block {
  /** The line in the README, from 1. */
  line: number
  script: string
  expected?: { kind: 'json' | 'text'; text: string }
}

/** The address in the README, which is replaced by the address under test. */
export const README_ORIGIN = 'http://localhost:8787'

const FENCE = /^```(\w*)[^\n]*\n([^]*?)^```[ \t]*$/gm

/** Returns the sh blocks between the markers, each with its expected output. */
export function readBlocks(readme: string): Block[] {
  const start = readme.indexOf('<!-- tour:start -->')
  const end = readme.indexOf('<!-- tour:end -->')
  if (start < 0 || end < start) return []
  const blocks: Block[] = []
  for (const fence of readme.matchAll(FENCE)) {
    if (fence.index < start || fence.index > end) continue
    const [, kind, text = ''] = fence
    const last = blocks.at(-1)
    if (kind === 'sh') {
      blocks.push({ line: readme.slice(0, fence.index).split('\n').length + 1, script: text })
    } else if ((kind === 'json' || kind === 'text') && last && !last.expected) {
      last.expected = { kind, text }
    }
  }
  return blocks
}

/** Returns what is wrong with a block's output, or undefined. */
export function complaint(block: Block, output: string, origin: string): string | undefined {
  if (!block.expected) {
    // curl exits 0 on a 4xx. A problem response that the README does not show is a failure.
    return /"request_id"/.test(output) && /"status":\s*[45]\d\d\b/.test(output)
      ? 'the service returned an error'
      : undefined
  }
  const { kind, text } = block.expected
  const shown = text.replaceAll(README_ORIGIN, origin)
  const isAsShown = kind === 'json' ? jsonPattern(shown) : textPattern(shown)
  const printed = kind === 'json' ? squeeze(output) : trimLines(output)
  return isAsShown.test(printed) ? undefined : 'the output is not what the README shows'
}

const trimLines = (text: string) => text.replace(/[ \t\r]+$/gm, '').trim()

/** Removes the white space outside strings from JSON. Also works on text that contains `...`. */
const squeeze = (text: string) => text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1')

function textPattern(shown: string): RegExp {
  const lines = trimLines(shown)
    .split('\n')
    .map((line) =>
      line === '...' ? '(?:[^\\n]*(?:\\n|$))*?' : `${wildcards(line, '[^\\n]*')}(?:\\n|$)`,
    )
  return new RegExp(`^${lines.join('')}$`)
}

const jsonPattern = (shown: string) => new RegExp(`^${wildcards(squeeze(shown), '[^]*')}$`)

const wildcards = (text: string, any: string) =>
  text
    .split('...')
    .map((part) => RegExp.escape(part))
    .join(any)
