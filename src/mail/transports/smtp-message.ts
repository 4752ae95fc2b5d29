/**
 * A mail as the text that follows DATA, all ASCII (unless an address is not), dots doubled, its end
 * mark included. worker-mailer builds the parts (quoted-printable, tried with dots, long lines and
 * non-ASCII). The headers are ours, as its own are at fault: it puts an encoded word between quotes,
 * where it is not decoded (RFC 2047 section 5), makes one word of any length, and escapes no quote.
 */
import { utf8 } from '../../crypto/encoding'
import { commonHeaders, type Mail } from './transport'

const MAX_PLAIN_CHARS = 60
/** 39 bytes are an encoded word of 64 characters: with `Subject: ` before it still below the 76 of RFC 2047. */
const MAX_WORD_BYTES = 39

/** The message with Message-ID `<id@host>`. */
export async function composeMessage(mail: Mail, host: string): Promise<string> {
  // Loaded here so that a deployment with another transport never evaluates it.
  const { Email } = await import('worker-mailer')
  const email = new Email({
    from: mail.from.address,
    to: mail.to,
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    headers: {
      From: mailbox(mail.from),
      To: mail.to,
      Subject: headerText(mail.subject),
      Date: new Date().toUTCString().replace('GMT', '+0000'),
      'Message-ID': `<${mail.id}@${host}>`,
      ...commonHeaders(mail),
    },
  })
  return email.getEmailData()
}

function mailbox({ name, address }: Mail['from']): string {
  if (name === '') return address
  if (isPlain(name)) return `"${name.replace(/["\\]/g, String.raw`\$&`)}" <${address}>`
  return `${encodedWords(name)}\r\n <${address}>`
}

const headerText = (text: string): string => (isPlain(text) ? text : encodedWords(text))

/** Needs no encoding: short printable ASCII that nobody takes for an encoded word. */
const isPlain = (text: string): boolean =>
  text.length <= MAX_PLAIN_CHARS && /^[\x20-\x7e]*$/.test(text) && !text.includes('=?')

/** RFC 2047 words, one a line, cut between characters and never within one. */
function encodedWords(text: string): string {
  const chunks: string[] = []
  let chunk = ''
  for (const character of text) {
    if (utf8(chunk + character).length > MAX_WORD_BYTES) {
      chunks.push(chunk)
      chunk = ''
    }
    chunk += character
  }
  return [...chunks, chunk].map((part) => `=?UTF-8?B?${utf8(part).toBase64()}?=`).join('\r\n ')
}
