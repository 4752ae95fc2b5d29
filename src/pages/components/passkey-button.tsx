/**
 * A button that asks the browser for a passkey and posts the form around it. It is shown only by its
 * script, public/assets/passkey.js, whose comment describes the attributes.
 */
import type { FC } from 'hono/jsx'
import { usePage } from '../runtime/page-context'
import { Icon } from './icons'

/** The script of pages with a passkey button. */
export const PASSKEY_SCRIPT = '/assets/passkey.js'

/** Where the script fetches the options. */
const OPTIONS = {
  'sign-in': '/api/v1/auth/passkey/options',
  'second-step': '/sign-in/second-factor/passkey-options',
  'step-up': '/account/step-up/passkey-options',
  create: '/account/passkeys/options',
} as const
export type PasskeyPurposeOnPage = keyof typeof OPTIONS

interface PasskeyButtonProps {
  purpose: PasskeyPurposeOnPage
  label: string
  /** Where the options come from, if not from the purpose's own path. */
  options?: string
  /** Where the form is posted with a passkey, if not to its own action. */
  action?: string
  /** Passkeys are also offered in the field with `autocomplete="username webauthn"`. */
  isAutofill?: boolean
  /** Options for a passkey that the browser makes without asking, where it does that. */
  unseen?: string
  look?: 'primary' | 'quiet'
  isWide?: boolean
}

export const PasskeyButton: FC<PasskeyButtonProps> = (props) => {
  const { passkeys: words } = usePage().texts
  const { purpose, look = 'quiet', isWide } = props
  return (
    <>
      <input type="hidden" name="passkey_challenge" disabled />
      <input type="hidden" name="passkey_credential" disabled />
      <button
        type="button"
        class={`button ${look}${isWide ? ' wide' : ''}`}
        hidden
        data-passkey={purpose}
        data-options={props.options ?? OPTIONS[purpose]}
        data-action={props.action}
        data-autofill={props.isAutofill ? '' : undefined}
        data-unseen={props.unseen}
        data-cancelled={purpose === 'create' ? words.notCreated : words.cancelled}
        data-failed={words.failed}
        data-exists={words.exists}
      >
        <Icon name="key" />
        {props.label}
      </button>
      <p class="alert" role="alert" data-passkey-says hidden />
    </>
  )
}

/** What the script tells the browser about passkeys (passkeys/browser-signals.ts). */
export const PasskeySignal: FC<{ signals: object }> = ({ signals }) => (
  <span hidden data-passkey-signal={JSON.stringify(signals)} />
)
