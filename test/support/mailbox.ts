/** Records what the real email binding is asked to send, and passes every email on to it. */
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

/** For setup.ts: an empty mailbox for a file's tests. */
export function watchMailbox(): void {
  sent.length = 0
  const binding = env.EMAIL
  if (!binding) throw new Error('the tests need the mail binding')
  const send = Reflect.get(binding, 'send')
  vi.spyOn(binding, 'send').mockImplementation(async (mail: any) => {
    sent.push(mail)
    return Reflect.apply(send, binding, [mail])
  })
}

/** Every email to an address so far, oldest first. */
export const mailsTo = (address: string): SentMail[] => sent.filter((mail) => mail.to === address)
export const allMails = (): readonly SentMail[] => sent

/**
 * The newest email to an address, once `count` have been sent; of those that fit, if they must. Sweeps the outbox as the cron job
 * does, which is quicker than waiting for the queue's batch.
 */
export async function mailTo(
  address: string,
  count = 1,
  fits: (mail: SentMail) => boolean = () => true,
): Promise<SentMail> {
  await sweepOutbox(depsFor(), outboxHandlers)
  return vi.waitUntil(
    () => {
      const mails = mailsTo(address).filter(fits)
      return mails.length >= count ? mails.at(-1) : undefined
    },
    { timeout: 8000, interval: 20 },
  ) as Promise<SentMail>
}

/** The token in an email's link. */
export function tokenIn(mail: SentMail, path: string): string {
  const found = new RegExp(`${path}\\?token=([\\w.-]+)$`, 'm').exec(mail.text)
  if (!found?.[1]) throw new Error(`no link to ${path} in: ${mail.text}`)
  return found[1]
}
