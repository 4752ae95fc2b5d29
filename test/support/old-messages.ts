/**
 * Keeps messages that one test file sent from reaching the database of the next: those that are being
 * consumed are waited for, and those that come later are dropped.
 */
import worker from '../../src/index'

/** Longer than a queue holds a batch back. Tests that make a batch of their own may date it as they like. */
const RECENT_MS = 60_000

const original = worker.queue.bind(worker)
const inFlight = new Set<Promise<void>>()

const consume: typeof original = async (...args) => {
  const consuming = Promise.resolve(original(...args))
  inFlight.add(consuming)
  await consuming.finally(() => inFlight.delete(consuming))
}

/** For setup.ts: resolves when nothing is being consumed. */
export const allConsumed = (): Promise<unknown> => Promise.allSettled(inFlight)

/** For setup.ts: messages from before this moment count as delivered. */
export function leaveOldMessages(): void {
  const since = Date.now()
  worker.queue = async (batch, ...rest) => {
    const isOld = ({ timestamp }: Message<unknown>) =>
      timestamp.getTime() < since && timestamp.getTime() > since - RECENT_MS
    const messages = batch.messages.filter((message) => !isOld(message))
    if (messages.length === batch.messages.length) return consume(batch, ...rest)
    for (const message of batch.messages) if (isOld(message)) message.ack()
    if (messages.length === 0) return
    const { queue, metadata } = batch
    const [ackAll, retryAll] = [() => batch.ackAll(), () => batch.retryAll()]
    await consume({ queue, metadata, messages, ackAll, retryAll }, ...rest)
  }
}
