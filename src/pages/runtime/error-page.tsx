import { type Config, ConfigError } from '../../config'
import type { DomainError } from '../../errors'
import { STATUS_OF } from '../../http/problem'
import type { Texts } from '../../texts/en'
import { OTHERS_FORM } from './form-owner'
import type { View } from './page'
import { retryAfterHeader } from './retry-after'
import { FOREIGN_FORM } from './same-origin'

export const PLAIN_LOOK: Pick<Config, 'PRODUCT_NAME' | 'ACCENT_COLOR'> = {
  PRODUCT_NAME: 'Gatehouse',
  ACCENT_COLOR: '#3f46d6',
}

/** The page for a refusal or a fault: what happened, what to do, and the request id for support. */
export function errorView(texts: Texts, error: DomainError, requestId: string): View {
  if (error.cause instanceof ConfigError) return settingsView(texts, error, error.cause)
  const words = texts.layout.errorPage
  return {
    title: words.titles[error.kind],
    status: STATUS_OF[error.kind],
    headers: retryAfterHeader(error),
    lead: leadOf(texts, error),
    main: (
      <>
        {error.retryAfter !== undefined && <p>{words.retryIn(error.retryAfter)}</p>}
        <p>
          <a class="button primary" href="/">
            {words.toStart}
          </a>
        </p>
        <p class="request-id">
          {words.requestId} <code>{requestId}</code>
        </p>
      </>
    ),
  }
}

/** For developers on their own machine: the settings that keep the service from starting. */
function settingsView({ layout }: Texts, error: DomainError, { faults }: ConfigError): View {
  const words = layout.errorPage.settings
  return {
    title: words.title,
    status: STATUS_OF.unavailable,
    headers: retryAfterHeader(error),
    lead: words.lead,
    main: (
      <>
        <ul>
          {faults.map((fault) => (
            <li>
              <code>{fault}</code>
            </li>
          ))}
        </ul>
        <p>{words.fix}</p>
      </>
    ),
  }
}

function leadOf(texts: Texts, error: DomainError): string {
  if (error.message === FOREIGN_FORM) return texts.layout.errorPage.wrongOrigin
  if (error.message === OTHERS_FORM) return texts.layout.errorPage.othersForm
  if (error.code === 'not_found') return texts.layout.errorPage.notFound
  return texts.layout.errors[error.code]
}
