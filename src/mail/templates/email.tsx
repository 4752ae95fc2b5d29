/**
 * One layout for every email, as HTML and as text from the same parts. JSX escapes user text. In
 * the text part each link is on a line of its own, so that every client makes it clickable.
 */
import type { FC } from 'hono/jsx'
import { lightShades } from '../../accent'
import type { Config } from '../../config'
import type { RequestMetadata, MailName, NotificationDetails } from '../messages'

/** The input for an email's content. */
export interface Composing {
  readonly config: Config
  readonly mail: MailName
  /**
   * null for an email to an address that is not verified, which contains no text chosen by others.
   */
  readonly fullName: string | null
  /** The address of the account concerned, masked: the recipient may not know the account. */
  readonly account: string
  readonly language: string
  /** The links of its tokens, in the email's order, with their expiry in milliseconds. */
  readonly links: readonly { readonly href: string; readonly expiresAt: number }[]
  readonly requestMetadata: RequestMetadata | undefined
  readonly details: NotificationDetails | undefined
}

export interface EmailContent {
  subject: string
  /** Paragraphs and links, in reading order. */
  parts: (string | { label: string; href: string; isPrimary: boolean })[]
  language: string
  product: string
  /** The deployer's accent color, as #rrggbb. */
  accent: string
}

const BODY =
  'margin:0;padding:24px;background:#f4f4f5;font-family:system-ui,sans-serif;color:#18181b'
const CARD = 'max-width:560px;margin:0 auto;padding:32px;background:#ffffff;border-radius:12px'
const BUTTON =
  'display:inline-block;padding:12px 20px;border-radius:8px;text-decoration:none;font-weight:600'
const SMALL = 'font-size:13px;color:#52525b;word-break:break-all'

const buttonStyle = (accent: string): string => {
  const { fill, ink } = lightShades(accent)
  return `${BUTTON};background:${fill};color:${ink}`
}

const Page: FC<{ content: EmailContent }> = ({ content }) => (
  <html lang={content.language}>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>{content.subject}</title>
    </head>
    <body style={BODY}>
      <div style={CARD}>
        <p style={`margin-top:0;font-weight:700;color:${lightShades(content.accent).text}`}>
          {content.product}
        </p>
        {content.parts.map((part) => (
          <Part part={part} accent={content.accent} />
        ))}
      </div>
    </body>
  </html>
)

const Part: FC<{ part: EmailContent['parts'][number]; accent: string }> = ({ part, accent }) => {
  if (typeof part === 'string') return <p style="line-height:1.5">{part}</p>
  if (!part.isPrimary) {
    return (
      <p style={SMALL}>
        <a href={part.href} style="color:#52525b">
          {part.label}
        </a>
      </p>
    )
  }
  return (
    <>
      <p style="margin:24px 0">
        <a href={part.href} style={buttonStyle(accent)}>
          {part.label}
        </a>
      </p>
      <p style={SMALL}>{part.href}</p>
    </>
  )
}

/**
 * Returns the rendered HTML. An email has no asynchronous components, so it is available at once.
 */
function rendered(page: { toString(): string | Promise<string> }): string {
  const html = page.toString()
  if (typeof html !== 'string') throw new TypeError('a content must not wait for anything')
  return html
}

/** The HTML part. */
export const emailHtml = (content: EmailContent): string =>
  `<!doctype html>${rendered(<Page content={content} />)}`

/** The text part. */
export const emailText = (content: EmailContent): string =>
  content.parts
    .map((part) => (typeof part === 'string' ? part : `${part.label}\n${part.href}`))
    .join('\n\n')
    .concat(`\n\n-- \n${content.product}\n`)
