/** The one way to a transport: whichever the settings choose, it gets screened mails only. */
import type { Config } from '../../config'
import { cloudflareTransport } from './cloudflare'
import { resendTransport } from './resend'
import { smtpTransport } from './smtp'
import { screened, type MailTransport } from './transport'

/** The transport that MAIL_TRANSPORT names. What it lacks shows when it sends, as a passing MailError. */
export function mailTransport(config: Config, env: Env): MailTransport {
  const transport = chosen(config, env)
  return { send: async (mail) => transport.send(screened(mail)) }
}

function chosen(config: Config, env: Env): MailTransport {
  switch (config.MAIL_TRANSPORT) {
    case 'cloudflare':
      return cloudflareTransport(env.EMAIL)
    case 'resend':
      return resendTransport(config)
    case 'smtp':
      return smtpTransport(config)
  }
}
