/**
 * How long a client id metadata document may be used without asking again: as its headers say (RFC 9111), within
 * bounds. Only documents that were accepted are kept.
 */
const MINUTE = 60_000
/** If it were shorter, every sign-in could cause a request, which would show the host each of them. */
const SHORTEST_MS = MINUTE
const UNSAID_MS = 10 * MINUTE
export const LONGEST_MS = 24 * 60 * MINUTE

/** In milliseconds. */
export function lifetimeOf(headers: Headers): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, asked(headers)))
}

function asked(headers: Headers): number {
  const control = directives(headers.get('cache-control') ?? '')
  if (control.has('no-store') || control.has('no-cache') || control.has('private')) return 0
  const maxAge = control.get('s-maxage') ?? control.get('max-age')
  if (maxAge !== undefined) return secondsOf(maxAge) - secondsOf(headers.get('age') ?? '0')
  const expires = headers.get('expires')
  if (expires === null) return UNSAID_MS
  const left = Date.parse(expires) - Date.parse(headers.get('date') ?? '')
  return Number.isFinite(left) ? left : 0
}

const directives = (text: string): Map<string, string> =>
  new Map(
    text.split(',').map((directive) => {
      const [name = '', value = ''] = directive.split('=')
      return [name.trim().toLowerCase(), value.trim().replaceAll('"', '')]
    }),
  )

/** Milliseconds; 0 for what is no number. */
const secondsOf = (text: string): number => (/^\d{1,10}$/.test(text) ? Number(text) * 1000 : 0)
