import type { Texts } from '../../texts/en'
import type { Composing, Letter } from './letter'

export function verifyEmailLetter(texts: Texts, about: Composing): Letter {
  const product = about.config.PRODUCT_NAME
  const words = texts.mail.verifyEmail
  const { verify_email, decline_registration } = about.links
  return {
    subject: words.subject(product),
    language: about.language,
    product,
    parts: [
      texts.mail.greeting(about.fullName),
      words.intro(product),
      ...(verify_email ? [{ label: words.action, href: verify_email, isPrimary: true }] : []),
      ...(about.expiresAt === null ? [] : [texts.mail.expires(utcMinute(about.expiresAt))]),
      ...(decline_registration
        ? [
            words.declineIntro,
            { label: words.declineAction, href: decline_registration, isPrimary: false },
          ]
        : []),
    ],
  }
}

const utcMinute = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
