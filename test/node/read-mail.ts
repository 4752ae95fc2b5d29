/**
 * A mail as it came over the wire, decoded by code that shares nothing with the sender: headers
 * unfolded and with their encoded words read (RFC 2047), parts by their content type.
 */
interface ReadMail {
  headers: Record<string, string[]>
  parts: Record<string, string>
}

export function readMail(raw: string): ReadMail {
  const { headers, body } = splitHead(raw)
  const type = headers['content-type']?.[0] ?? 'text/plain'
  const boundary = /boundary="([^"]+)"/.exec(type)?.[1]
  if (boundary === undefined) {
    const name = type.split(';')[0] ?? type
    return { headers, parts: { [name]: decodeBody(body, headers) } }
  }
  // The line break before a boundary belongs to the boundary (RFC 2046 section 5.1.1).
  const pieces = `\r\n${body}`.split(`\r\n--${boundary}`).slice(1, -1)
  const parts = pieces.map((piece) => readMail(piece.replace(/^\r\n/, '')).parts)
  return { headers, parts: Object.assign({}, ...parts) as Record<string, string> }
}

function splitHead(raw: string) {
  const end = raw.indexOf('\r\n\r\n')
  const headers: Record<string, string[]> = {}
  for (const line of raw
    .slice(0, end)
    .replace(/\r\n(?=[ \t])/g, '')
    .split('\r\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    headers[name] = [...(headers[name] ?? []), decodeWords(line.slice(colon + 1).trim())]
  }
  return { headers, body: raw.slice(end + 4) }
}

/** Words between quotes stay as they are: there they are plain text (RFC 2047 section 5). */
function decodeWords(text: string): string {
  const pieces = text.replace(/\?=\s+=\?/g, '?==?').split(/("[^"]*")/)
  const decoded = pieces.map((piece) =>
    piece.startsWith('"')
      ? piece
      : piece.replace(/=\?utf-8\?b\?([^?]*)\?=/gi, (_, word: string) =>
          Buffer.from(word, 'base64').toString(),
        ),
  )
  return decoded.join('')
}

function decodeBody(body: string, headers: Record<string, string[]>): string {
  if (headers['content-transfer-encoding']?.[0] !== 'quoted-printable') return body
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}
