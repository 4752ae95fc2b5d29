/** vitest's globalSetup: Node servers on loopback that tests in workerd talk to over real sockets. */
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import type { TestProject } from 'vitest/node'
import type {} from '../support/server-ports.ts'
import { startBreachServer } from './breach-server.ts'
import { documentServer } from './document-server.ts'
import { connections, httpServer } from './resend-server.ts'
import {
  injectingServer,
  silentServer,
  smtpServer,
  tricklingServer,
  unwelcomingServer,
} from './smtp-servers.ts'
import { webhookReceiver } from './webhook-receiver.ts'

const stops: (() => void)[] = []

export async function setup(project: TestProject): Promise<void> {
  const breach = await startBreachServer()
  stops.push(() => void breach.close())
  project.provide('breachPort', breach.port)
  const noTls = { disabledCommands: ['STARTTLS'] }
  project.provide('webhookPort', await start(webhookReceiver()))
  project.provide('documentPort', await start(documentServer()))
  project.provide('mailServers', {
    http: await start(httpServer()),
    clear: await start(smtpServer({ ...noTls, authMethods: ['PLAIN', 'LOGIN'] }).server),
    loginOnly: await start(
      smtpServer({ ...noTls, authMethods: ['LOGIN'], hideSMTPUTF8: true }).server,
    ),
    untrusted: await start(smtpServer({}).server),
    injecting: await start(injectingServer()),
    silent: await start(silentServer()),
    trickling: await start(tricklingServer()),
    unwelcoming: await start(unwelcomingServer()),
  })
}

export function teardown(): void {
  for (const stop of stops) stop()
}

/** Listens on a free port of loopback; whatever is still connected at the end is cut off. */
async function start(server: Server): Promise<number> {
  const open = new Set<{ destroy(): void }>()
  server.on('connection', (socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  stops.push(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  connections.set(port, open)
  return port
}
