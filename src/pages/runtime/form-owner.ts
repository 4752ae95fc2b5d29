/**
 * Each form names the user that it was shown to. All tabs share the cookies, so a form that one user opened
 * and that is sent after another signed in with the same browser would otherwise change the other's account.
 * The mark is no secret, and no protection against other sites: same-origin.ts is that.
 */
import { sha256 } from '../../crypto/encoding'
import { MAX_BODY_BYTES, readText } from '../../http/body'
import type { Visitor } from './page'

/** The name of the field, and of the query parameter of forms whose body is not read here. */
const FORM_OWNER = 'form_of'
/** The detail by which the error page recognizes this refusal. */
export const OTHERS_FORM = 'The form was opened by another user'

const MARK_CHARS = 22
const FORM = 'application/x-www-form-urlencoded'
const POST_FORM = /<form\b[^>]*\bmethod="post"[^>]*>/g

/** The mark of the user that a form is shown to, or of anyone who is not signed in. */
export const ownerMark = async (visitor: Pick<Visitor, 'principal'> | null): Promise<string> =>
  visitor ? markOf(visitor.principal.subject) : 'nobody'

/** A short digest, which does not reveal the text. */
export const markOf = async (text: string): Promise<string> =>
  (await sha256(`${FORM_OWNER}:${text}`)).slice(0, MARK_CHARS)

/**
 * Adds the mark to every form of a page that posts to us. User text cannot look like one: it is escaped.
 */
export const markForms = (html: string, mark: string): string =>
  html.replaceAll(POST_FORM, (form) => {
    if (/\baction="https?:/i.test(form)) return form
    return form.includes('enctype="multipart')
      ? form.replace(/\baction="([^"?]*)"/, `action="$1?${FORM_OWNER}=${mark}"`)
      : `${form}<input type="hidden" name="${FORM_OWNER}" value="${mark}"/>`
  })

/**
 * The mark that a posted form carries, if any, and the request without it. Throws
 * `payload_too_large`, `malformed_body`.
 */
export async function takeMark(
  request: Request,
): Promise<{ mark: string | undefined; request: Request }> {
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase()
  if (type !== FORM) {
    const mark = new URL(request.url).searchParams.get(FORM_OWNER)
    return { mark: mark ?? undefined, request }
  }
  const parts = (await readText(request, FORM, MAX_BODY_BYTES)).split('&')
  const isMark = (part: string) => part.startsWith(`${FORM_OWNER}=`)
  const headers = new Headers(request.headers)
  headers.delete('content-length')
  return {
    mark: parts.find(isMark)?.slice(FORM_OWNER.length + 1),
    request: new Request(request.url, {
      method: request.method,
      headers,
      body: parts.filter((part) => !isMark(part)).join('&'),
    }),
  }
}
