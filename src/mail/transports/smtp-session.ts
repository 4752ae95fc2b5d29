/**
 * One SMTP conversation for one mail, from connect to close. It ends within its limits whatever the
 * server does, always closes its socket, and says nothing secret before TLS stands.
 *
 * worker-mailer's own conversation is not used: a connection that the server closes makes it spin in
 * a loop that no timer can interrupt (tried), it goes on in clear text, credentials included, where
 * STARTTLS is not offered, its errors quote addresses, and they leave the socket open.
 */
import { connect } from 'cloudflare:sockets'
import { utf8 } from '../../crypto/encoding'
import { ignoreFailure, openConnection, type Reply, type SmtpConnection } from './smtp-connection'
import { MailError, within } from './transport'

export interface SmtpServer {
  hostname: string
  port: number
  security: 'starttls' | 'tls' | 'none'
  /** What we call ourselves in EHLO. */
  clientName: string
  credentials: { username: string; password: string } | undefined
}

export interface SmtpLimits {
  /** The longest wait for one answer. */
  stepMs: number
  /** The longest conversation; also the wait for the verdict on the message, which may be scanned first. */
  totalMs: number
}

/** `data` is the message ready for the wire: dots doubled, end mark included. */
interface Envelope {
  from: string
  to: string
  data: string
}

/**
 * Hands one message to the server; resolves when it has taken it. Throws MailError `smtp_<code>`,
 * final only for a 5xx to RCPT or DATA: an earlier refusal is about this client or its settings.
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
    // What was offered in clear counts no more: anyone on the way may have written it.
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
  // The mail is taken: nothing after this may look like a failure, or it would be sent again.
  ignoreFailure(connection.write('QUIT\r\n'))
}

const greet = async (connection: SmtpConnection, server: SmtpServer): Promise<string> =>
  (await ask(connection, `EHLO ${server.clientName}`, 2)).text

/** A failed handshake shows as a connection that is lost, or as an internal error of the runtime. */
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
