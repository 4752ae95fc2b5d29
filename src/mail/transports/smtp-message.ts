/**
 * Builds the text of an email as sent after DATA: ASCII (unless an address is not), with dots
 * doubled and the end mark included. worker-mailer builds the parts (quoted-printable; tested with
 * dots, long lines and non-ASCII text). We write the headers ourselves, because its headers are
 * wrong: it puts encoded words inside quotes, where they are not decoded (RFC 2047 section 5), puts
 * text of any length into one encoded word, and does not escape quotes.
 */
import { utf8 } from '../../crypto/encoding'
import { commonHeaders, type Mail } from './transport'

const MAX_PLAIN_CHARS = 60
/**
 * 39 bytes make an encoded word of 64 characters, which with `Subject: ` stays below the 76 of RFC
 * 2047.
 */
const MAX_WORD_BYTES = 39

/** Returns the message, with Message-ID `<id@host>`. */
export async function composeMessage(mail: Mail, host: string): Promise<string> {
  // Imported here so that deployments with another transport never evaluate it.
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

/** Needs no encoding: short printable ASCII that cannot be mistaken for an encoded word. */
const isPlain = (text: string): boolean =>
  text.length <= MAX_PLAIN_CHARS && /^[\x20-\x7e]*$/.test(text) && !text.includes('=?')

/** Returns RFC 2047 encoded words, one per line, never splitting a character. */
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
