/**
 * Calls the Worker as a client does: through its fetch handler, and from an IP address of its own.
 */
import { exports } from 'cloudflare:workers'

export interface Reply<T = any> {
  status: number
  headers: Headers
  body: T
}

let lastIp = 0
/** An IP address that no other test uses, so that limits by network do not affect other tests. */
export const freshIp = (): string => {
  lastIp += 1
  return `10.${(lastIp >> 16) & 255}.${(lastIp >> 8) & 255}.${lastIp & 255}`
}

export interface CallOptions {
  token?: string | undefined
  headers?: Record<string, string>
  ip?: string
  form?: boolean
}

export async function call(
  method: string,
  path: string,
  body?: unknown,
  options: CallOptions = {},
): Promise<Reply> {
  const headers = new Headers({ 'cf-connecting-ip': options.ip ?? freshIp(), ...options.headers })
  if (options.token) headers.set('authorization', `Bearer ${options.token}`)
  let payload: string | undefined
  if (body !== undefined) {
    const isForm = options.form === true
    payload = isForm
      ? new URLSearchParams(body as Record<string, string>).toString()
      : JSON.stringify(body)
    if (!headers.has('content-type')) {
      headers.set('content-type', isForm ? 'application/x-www-form-urlencoded' : 'application/json')
    }
  }
  return send(path, { method, headers, ...(payload !== undefined && { body: payload }) })
}

/** The lowest-level call: any body, any header. */
export async function send(path: string, init: RequestInit): Promise<Reply> {
  const url = path.startsWith('http') ? path : `http://localhost:8787${path}`
  const response = await exports.default.fetch(url, init)
  const text = await response.text()
  const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text,
  }
}

export const get = (path: string, options?: CallOptions) => call('GET', path, undefined, options)
export const post = (path: string, body?: unknown, options?: CallOptions) =>
  call('POST', path, body, options)

/** A response in short: its status, and its code if it is a problem. */
export const said = ({ status, body }: Reply): string =>
  typeof body?.code === 'string' ? `${status} ${body.code}` : String(status)
