/**
 * One SMTP session for one email, from connect to close. It ends within its limits whatever the
 * server does, always closes its socket, and sends nothing secret before TLS is established.
 *
 * We do not use worker-mailer's own session. If the server closes the connection, it spins in a
 * loop that no timer can interrupt (tested). Where STARTTLS is not offered, it continues in plain
 * text, including credentials. Its errors contain addresses, and they leave the socket open.
 */
import { connect } from 'cloudflare:sockets'
import { utf8 } from '../../crypto/encoding'
import { ignoreFailure, openConnection, type Reply, type SmtpConnection } from './smtp-connection'
import { MailError, within } from './transport'

export interface SmtpServer {
  hostname: string
  port: number
  security: 'starttls' | 'tls' | 'none'
  /** Our name in EHLO. */
  clientName: string
  credentials: { username: string; password: string } | undefined
}

export interface SmtpLimits {
  /** The longest wait for one reply. */
  stepMs: number
  /**
   * The longest session. Also the longest wait for the reply to the message, which the server may
   * scan first.
   */
  totalMs: number
}

/** `data` is the message as it is sent: dots doubled, end mark included. */
interface Envelope {
  from: string
  to: string
  data: string
}

/**
 * Delivers one message; resolves when the server has accepted it. Throws MailError `smtp_<code>`,
 * which is final only for a 5xx after RCPT or DATA: an earlier refusal is about this client or its
 * settings.
 */
export async function deliver(
  server: SmtpServer,
  envelope: Envelope,
  limits: SmtpLimits,
): Promise<void> {
  const socket = dial(server)
  const connection = openConnection(socket, limits.stepMs)
  try {
    await within(
      limits.totalMs,
      (async () => {
        await within(limits.stepMs, socket.opened.catch(unreachable))
        await transact(connection, server, envelope, limits)
      })(),
    )
  } finally {
    connection.close()
  }
}

function dial(server: SmtpServer): Socket {
  const secureTransport = { starttls: 'starttls', tls: 'on', none: 'off' }[server.security]
  try {
    const { hostname, port } = server
    const socket = connect({ hostname, port }, { secureTransport, allowHalfOpen: false })
    ignoreFailure(socket.closed)
    return socket
  } catch {
    return unreachable()
  }
}

const unreachable = (): never => {
  throw new MailError('connection_failed')
}

async function transact(
  connection: SmtpConnection,
  server: SmtpServer,
  envelope: Envelope,
  limits: SmtpLimits,
): Promise<void> {
  expect(await connection.reply(), 2)
  let offers = await greet(connection, server)
  if (server.security === 'starttls') {
    if (!/^250[ -]STARTTLS\s*$/im.test(offers)) throw new MailError('starttls_not_offered')
    await ask(connection, 'STARTTLS', 2)
    connection.startTls()
    // Discard the capabilities from before TLS: a man in the middle may have written them.
    offers = await greet(connection, server).catch(untrusted)
  }
  if (server.credentials) await authenticate(connection, offers, server.credentials)

  const { from, to, data } = envelope
  const isAscii = /^[\x20-\x7e]*$/.test(from + to)
  const hasUtf8 = /^250[ -]SMTPUTF8\s*$/im.test(offers)
  if (!isAscii && !hasUtf8) throw new MailError('smtp_no_utf8_addresses', { final: true })
  await ask(connection, `MAIL FROM:<${from}>${isAscii ? '' : ' SMTPUTF8'}`, 2)
  await ask(connection, `RCPT TO:<${to}>`, 2, { judgesMail: true })
  await ask(connection, 'DATA', 3, { judgesMail: true })
  await connection.write(data)
  expect(await connection.reply(limits.totalMs), 2, { judgesMail: true })
  // The server has accepted the email. A failure from here on must not be reported, or it would be
  // sent again.
  ignoreFailure(connection.write('QUIT\r\n'))
}

const greet = async (connection: SmtpConnection, server: SmtpServer): Promise<string> =>
  (await ask(connection, `EHLO ${server.clientName}`, 2)).text

/** A failed handshake appears as a lost connection or as an internal error of the runtime. */
function untrusted(error: unknown): never {
  throw error instanceof MailError && error.code === 'timeout' ? error : new MailError('tls_failed')
}

async function authenticate(
  connection: SmtpConnection,
  offers: string,
  { username, password }: { username: string; password: string },
): Promise<void> {
  const offersMethod = (name: string) =>
    new RegExp(`^250[ -]AUTH[ =](?:.* )?${name}(?:\\s|$)`, 'im').test(offers)
  const base64 = (text: string) => utf8(text).toBase64()
  if (offersMethod('PLAIN')) {
    await ask(connection, `AUTH PLAIN ${base64(`\0${username}\0${password}`)}`, 2)
  } else if (offersMethod('LOGIN')) {
    await ask(connection, 'AUTH LOGIN', 3)
    await ask(connection, base64(username), 3)
    await ask(connection, base64(password), 2)
  } else {
    throw new MailError('auth_not_offered')
  }
}

async function ask(
  connection: SmtpConnection,
  command: string,
  wanted: 2 | 3,
  more: { judgesMail?: boolean } = {},
): Promise<Reply> {
  await connection.write(`${command}\r\n`)
  return expect(await connection.reply(), wanted, more)
}

function expect(reply: Reply, wanted: 2 | 3, more: { judgesMail?: boolean } = {}): Reply {
  if (Math.floor(reply.code / 100) === wanted) return reply
  throw new MailError(`smtp_${reply.code}`, {
    final: more.judgesMail === true && reply.code >= 500,
  })
}
