/** Reads what the real mail binding was asked to send, and lets every mail through to it. */
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { sweepOutbox } from '../../src/outbox/sweep'
import { depsFor } from './deps'

export interface SentMail {
  to: string
  from: unknown
  subject: string
  text: string
  html: string
}

const sent: SentMail[] = []
const binding = env.EMAIL
if (!binding) throw new Error('the tests need the mail binding')
// An RPC stub has no `bind`: the original is reached through a fresh property each time.
const original = Reflect.get(binding, 'send')
vi.spyOn(binding, 'send').mockImplementation(async (mail: any) => {
  sent.push(mail)
  return Reflect.apply(original, binding, [mail])
})

/** Every mail to an address so far, oldest first. */
export const mailsTo = (address: string): SentMail[] => sent.filter((mail) => mail.to === address)
export const allMails = (): readonly SentMail[] => sent

/**
 * The newest mail to an address once so many have gone. Sweeps the outbox as the cron would, which is
 * quicker than waiting for the queue's batch.
 */
export async function mailTo(address: string, count = 1): Promise<SentMail> {
  await sweepOutbox(depsFor(), outboxHandlers)
  return vi.waitUntil(
    () => {
      const mails = mailsTo(address)
      return mails.length >= count ? mails.at(-1) : undefined
    },
    { timeout: 8000, interval: 20 },
  ) as Promise<SentMail>
}

/** The token of a mail's link. */
export function tokenIn(mail: SentMail, path: string): string {
  const found = new RegExp(`${path}\\?token=([\\w-]+)$`, 'm').exec(mail.text)
  if (!found?.[1]) throw new Error(`no link to ${path} in: ${mail.text}`)
  return found[1]
}
