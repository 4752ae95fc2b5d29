/**
 * The second factor: on and off, its QR code, its recovery codes. The secret and the codes are shown
 * in the answer to a POST and nowhere else; a wrong code shows the same QR code again, from the secret
 * that the form brought along.
 */
import * as z from 'zod'
import { currentPasswordField } from '../../credentials/password-policy'
import { bareCode, codeField } from '../../factors/code-field'
import { disableTwoFactor } from '../../factors/totp/disable'
import { enableTwoFactor } from '../../factors/totp/enable'
import { countRecoveryCodes } from '../../factors/recovery-codes/recovery-codes'
import { renewRecoveryCodes } from '../../factors/recovery-codes/renew'
import { setUpTwoFactor } from '../../factors/totp/set-up'
import { AccountName, Alert, Field, Form, Submit } from '../components/form'
import { formPage } from '../runtime/form-page'
import { EMPTY_FORM, type FormState } from '../runtime/form-state'
import { Panel } from '../components/layout'
import { redirect, page, type PageRequest, type View, type Visitor } from '../runtime/page'
import { accountArea } from './account-links'
import { CodesShown, Fold, SetUpSteps } from './two-factor-steps'

const HOME = '/account/two-factor'
type Request = PageRequest<Visitor>
interface Forms {
  readonly start?: FormState
  readonly renew?: FormState
  readonly disable?: FormState
}

async function overview(request: Request, forms: Forms = {}): Promise<View> {
  const { texts, visitor } = request
  const words = texts.account.twoFactor
  const { isTwoFactorEnabled: isOn, restriction } = visitor.principal
  return {
    ...accountArea(texts),
    title: words.title,
    lead: words.why,
    styles: ['two-factor'],
    main: (
      <>
        {restriction === 'two_factor_required' && <Alert text={words.required} />}
        {isOn ? await whenOn(request, forms) : whenOff(request, forms.start ?? EMPTY_FORM)}
      </>
    ),
  }
}

const passwordAsked = ({ texts, visitor }: Request, form: FormState) => (
  <>
    <AccountName address={visitor.user.email} />
    <Field
      texts={texts}
      form={form}
      name="password"
      label={texts.account.currentPassword}
      type="password"
      autocomplete="current-password"
    />
  </>
)

function whenOff(request: Request, form: FormState) {
  const { texts } = request
  const words = texts.account.twoFactor
  return (
    <Panel title={words.startTitle}>
      <Form texts={texts} form={form} action={`${HOME}/set-up`}>
        {passwordAsked(request, form)}
        <p class="actions">
          <Submit>{words.start}</Submit>
        </p>
      </Form>
    </Panel>
  )
}

const FEW_CODES = 3

async function whenOn(request: Request, forms: Forms) {
  const { texts, deps, visitor } = request
  const words = texts.account.twoFactor
  const left = await countRecoveryCodes(deps, visitor.user.id)
  const renew: FormState = { ...(forms.renew ?? EMPTY_FORM), id: 'renew-' }
  const disable: FormState = { ...(forms.disable ?? EMPTY_FORM), id: 'disable-' }
  const codeAsked = { inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 20 } as const
  return (
    <>
      <section class="panel">
        <p>
          <span class="badge good">{words.on}</span> {words.codesLeft(left)}{' '}
          {left <= FEW_CODES && words.fewCodes}
        </p>
      </section>
      <Fold title={words.renewTitle} lead={words.renewLead} form={renew}>
        <Form texts={texts} form={renew} action={`${HOME}/recovery-codes`}>
          {passwordAsked(request, renew)}
          <Field texts={texts} form={renew} name="code" label={texts.account.code} {...codeAsked} />
          <p class="actions">
            <Submit look="quiet">{words.renew}</Submit>
          </p>
        </Form>
      </Fold>
      <Fold title={words.disableTitle} lead={words.disableLead} form={disable}>
        <Form texts={texts} form={disable} action={`${HOME}/disable`}>
          {passwordAsked(request, disable)}
          <Field
            texts={texts}
            form={disable}
            name="code"
            label={words.codeOrRecovery}
            maxlength={60}
          />
          <p class="actions">
            <Submit look="danger">{words.disable}</Submit>
          </p>
        </Form>
      </Fold>
    </>
  )
}

const codesView = ({ texts, deps }: Request, codes: readonly string[]): View => ({
  ...accountArea(texts),
  title: texts.account.twoFactor.codesTitle,
  lead: texts.account.twoFactor.codesLead,
  styles: ['two-factor'],
  scripts: ['/assets/codes.js'],
  main: <CodesShown texts={texts} codes={codes} product={deps.config.PRODUCT_NAME} home={HOME} />,
})

const home = page({
  path: HOME,
  access: { cures: ['two_factor_required'] },
  show: (request) => overview(request),
})

const setUp = formPage({
  path: `${HOME}/set-up`,
  access: { cures: ['two_factor_required'] },
  fields: z.strictObject({ password: currentPasswordField }),
  home: HOME,
  show: (request, form) => overview(request, { start: form }),
  submit: async (request, { password }) => {
    const { secret } = await setUpTwoFactor(request.deps, request.visitor.principal, password)
    return scanView(request, secret, EMPTY_FORM)
  },
})

const scanView = (request: Request, secret: string, form: FormState): View => ({
  ...accountArea(request.texts),
  title: request.texts.account.twoFactor.title,
  styles: ['two-factor'],
  main: (
    <SetUpSteps
      texts={request.texts}
      form={form}
      secret={secret}
      issuer={request.deps.config.PRODUCT_NAME}
      label={request.visitor.user.email}
      action={`${HOME}/enable`}
    />
  ),
})

const enable = formPage({
  path: `${HOME}/enable`,
  access: { cures: ['two_factor_required'] },
  fields: z.strictObject({ secret: z.string().regex(/^[A-Z2-7]{16,64}$/), code: codeField }),
  home: HOME,
  show: (request, form) => {
    const secret = form.values['secret'] ?? ''
    const isLost = form.error?.code === 'no_pending_setup' || !/^[A-Z2-7]{16,64}$/.test(secret)
    return isLost || request.visitor.principal.isTwoFactorEnabled
      ? overview(request, { start: form })
      : scanView(request, secret, form)
  },
  submit: async (request, { code }) =>
    codesView(request, await enableTwoFactor(request.deps, request.visitor.principal, code)),
})

const renew = formPage({
  path: `${HOME}/recovery-codes`,
  access: 'session',
  fields: z.strictObject({ password: currentPasswordField, code: codeField }),
  home: HOME,
  show: (request, form) => overview(request, { renew: form }),
  submit: async (request, { password, code }) => {
    const { deps, visitor } = request
    return codesView(request, await renewRecoveryCodes(deps, visitor.principal, password, code))
  },
})

const disable = formPage({
  path: `${HOME}/disable`,
  access: 'session',
  fields: z.strictObject({
    password: currentPasswordField,
    code: z.string().trim().min(1).max(60),
  }),
  home: HOME,
  show: (request, form) => overview(request, { disable: form }),
  submit: async ({ deps, visitor }, { password, code: typed }) => {
    const digits = bareCode(typed)
    const factor = /^\d{6}$/.test(digits) ? { code: digits } : { recoveryCode: typed }
    await disableTwoFactor(deps, visitor.principal, password, factor)
    return redirect(HOME, { flash: 'two_factor_off' })
  },
})

export const twoFactorPages = [home, setUp, enable, renew, disable]
