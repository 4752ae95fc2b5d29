import { knownDeviceIn } from '../texts/device-name'
import type { Texts } from '../texts/en'
import { textsFor } from '../texts/languages'
import { iso } from '../time'
import { sessionsLink } from './links'
import type { NotificationDetails } from './messages'
import type { Composing, EmailContent } from './templates/email'

/** Returns the content of an email in the recipient's language, in reading order. */
export function writeEmail(about: Composing): EmailContent {
  const { mail, layout } = textsFor(about.language)
  const words = mail.emails[about.mail]
  const { PRODUCT_NAME: product, ACCENT_COLOR: accent } = about.config
  const parts: EmailContent['parts'] = [
    mail.greeting(about.fullName === null ? null : harmless(about.fullName)),
    words.body(product),
  ]
  if ('account' in words) parts.push(words.account(about.account))
  const [first, second] = about.links
  if (first && 'action' in words) {
    parts.push({ label: words.action, href: first.href, isPrimary: true })
    parts.push(mail.expires(utcMinute(first.expiresAt)))
  }
  if (second && 'second' in words) {
    parts.push(words.second.body)
    parts.push({ label: words.second.action, href: second.href, isPrimary: false })
  }
  if (about.details) parts.push(detailsIn(mail.details, about.details))
  if (about.requestMetadata) {
    const { at, country, user_agent } = about.requestMetadata
    const place = country ?? mail.unknownCountry
    parts.push(mail.requestMetadata(utcMinute(at), knownDeviceIn(layout, user_agent), place))
    if (about.details) {
      parts.push(mail.details.notYou)
      const label = mail.details.sessions
      parts.push({ label, href: sessionsLink(about.config), isPrimary: true })
    } else if (!first) parts.push(mail.notYou)
  } else if ('closing' in words) {
    parts.push(words.closing)
  } else if (!second) {
    parts.push(mail.ignore)
  }
  return { subject: words.subject(product), parts, language: about.language, product, accent }
}

function detailsIn(words: Texts['mail']['details'], details: NotificationDetails): string {
  switch (details.about) {
    case 'api_key':
      return words.apiKey(
        harmless(details.name),
        details.permissions.join(', '),
        utcMinute(details.expires_at),
      )
    case 'webhook':
      return words.webhook(details.host, details.change)
    case 'rights':
      return words.rights(
        details.given.join(', '),
        details.user_id,
        details.api_key_id,
        details.is_activation === true,
      )
  }
}

/**
 * A name that looks like a link is left out even at verified addresses, the only ones greeted by
 * name.
 */
const harmless = (name: string): string | null =>
  /[:/@\\]|\S\.\S/.test(name) || name.length > 100 ? null : name

const utcMinute = (ms: number) => iso(ms).slice(0, 16).replace('T', ' ')
