/**
 * Mail servers of every temper. The real smtp-server accepts, refuses or drops by the recipient's
 * local part (`refuse-550`, `refuse-data-554`, `drop-rcpt`, `drop-data`, anything else is accepted);
 * plain sockets play what no honest server does.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { readMail } from './read-mail.ts'

interface Arrived {
  from: string
  to: string[]
  user: string | undefined
  clientName: string
  raw: string
}

export const arrived: Arrived[] = []
/** Every user name and password that a server was told, over whatever connection. */
export const credentials: { username: string; password: string; method: string }[] = []

export const shown = (mail: Arrived) => ({ ...mail, ...readMail(mail.raw) })

const refusal = (code: string) =>
  Object.assign(new Error('no thanks'), { responseCode: Number(code) })

/** An smtp-server on loopback. `options` add to those that all have. */
export function smtpServer(options: SMTPServerOptions): SMTPServer {
  const sockets = new Map<number, Socket>()
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 50,
    onAuth({ method, ...told }, _session, done) {
      const username = told.username ?? ''
      const password = told.password ?? ''
      credentials.push({ username, password, method })
      if (password.startsWith('right')) done(null, { user: username })
      else done(refusal('535'))
    },
    onRcptTo({ address }, session, done) {
      if (address.startsWith('drop-rcpt')) return void sockets.get(session.remotePort)?.destroy()
      const code = /^refuse-(\d{3})/.exec(address)?.[1]
      done(code === undefined ? null : refusal(code))
    },
    onData(stream, session, done) {
      const { mailFrom, rcptTo } = session.envelope
      const to = rcptTo.map(({ address }) => address)
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        if (to[0]?.startsWith('drop-data')) sockets.get(session.remotePort)?.destroy()
      })
      stream.on('end', () => {
        if (to[0]?.startsWith('drop-data')) return
        const code = /^refuse-data-(\d{3})/.exec(to[0] ?? '')?.[1]
        if (code !== undefined) return done(refusal(code))
        arrived.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to,
          user: session.user,
          clientName: session.hostNameAppearsAs,
          raw: Buffer.concat(chunks).toString(),
        })
        done()
      })
    },
    ...options,
  })
  server.server.on('connection', (socket: Socket) => sockets.set(socket.remotePort ?? 0, socket))
  server.on('error', () => undefined) // a client that hangs up is what the tests are about
  return server
}

/** A bare server: `greeting` on connect, then `answer` to each chunk. */
function scriptedServer(
  greet: (socket: Socket) => void,
  answer: (line: string, socket: Socket) => void = () => undefined,
): Server {
  return createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => answer(chunk.toString(), socket))
    greet(socket)
  })
}

/** Never says a word. */
export const silentServer = () => scriptedServer(() => undefined)

/** Says hello one character at a time and never comes to an end. */
export const tricklingServer = () =>
  scriptedServer((socket) => {
    socket.write('220')
    const timer = setInterval(() => socket.write('-'), 20)
    socket.on('close', () => clearInterval(timer))
  })

export const unwelcomingServer = () =>
  scriptedServer((socket) => void socket.end('554 not from where you are\r\n'))

/** Slips a reply in before the handshake, as one in the middle would, and notes credentials it is told. */
export const injectingServer = () =>
  scriptedServer(
    (socket) => void socket.write('220 hello\r\n'),
    (line, socket) => {
      if (line.startsWith('EHLO')) socket.write('250-hello\r\n250 STARTTLS\r\n')
      if (line.startsWith('STARTTLS')) socket.write('220 go\r\n250-hello\r\n250 AUTH PLAIN\r\n')
      if (line.startsWith('AUTH'))
        credentials.push({ username: 'injected', password: line, method: '' })
    },
  )
