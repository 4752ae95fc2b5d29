/**
 * Headers of every answer of the API (OWASP Secure Headers Project); a hosted page sets its own over
 * them. An answer is made with them in one go: each header set later is a call into the runtime.
 */
const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=15552000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
} as const

/** What every answer carries, to be made with. */
export const standingHeaders = (requestId: string): Record<string, string> => ({
  ...SECURITY_HEADERS,
  'x-request-id': requestId,
})

/** Sets on a finished answer what it was not made with. */
export function addStandingHeaders(headers: Headers, requestId: string): void {
  if (headers.has('x-request-id')) return
  for (const [name, value] of Object.entries(standingHeaders(requestId))) headers.set(name, value)
}
