/**
 * The only way to get a transport. Whichever one the settings choose, it receives only screened
 * emails.
 */
import type { Config } from '../../config'
import { cloudflareTransport } from './cloudflare'
import { resendTransport } from './resend'
import { smtpTransport } from './smtp'
import { screened, type MailTransport } from './transport'

/**
 * Returns the transport that MAIL_TRANSPORT names. A missing setting appears when it sends, as a
 * transient MailError.
 */
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
