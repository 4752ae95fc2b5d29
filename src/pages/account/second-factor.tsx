/**
 * The second factor: turned on and off, with QR code and recovery codes. Secret and codes are shown only in
 * the response to a POST. After a wrong code the same QR code is shown again, from the secret in the form.
 */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { currentPasswordField } from '../../credentials/password-policy'
import { bareCode, codeField } from '../../factors/code-field'
import { countRecoveryCodes } from '../../factors/recovery-codes/recovery-codes'
import { renewRecoveryCodes } from '../../factors/recovery-codes/renew'
import { disableSecondFactor } from '../../factors/totp/disable'
import { enableSecondFactor } from '../../factors/totp/enable'
import { setUpSecondFactor } from '../../factors/totp/set-up'
import { CodeField, Field, OwnPasswordField } from '../components/fields'
import { Alert, Form } from '../components/form'
import { Panel } from '../components/layout'
import { formPage } from '../runtime/form-page'
import { redirect, page, type SignedInRequest, type View } from '../runtime/page'
import { usePage, useRefusedForm } from '../runtime/page-context'
import { accountArea } from './account-area'
import { CodesShown, Fold, SetUpSteps } from './second-factor-steps'

const HOME = '/account/two-factor'

async function overview(request: SignedInRequest): Promise<View> {
  const { texts, visitor, deps } = request
  const words = texts.account.twoFactor
  const { isSecondFactorEnabled: isOn, requiredAction } = visitor.principal
  return {
    ...accountArea(texts),
    title: words.title,
    lead: words.why,
    styles: ['two-factor'],
    main: (
      <>
        {requiredAction === 'two_factor_required' && <Alert text={words.required} />}
        {isOn ? <On codesLeft={await countRecoveryCodes(deps, visitor.user.id)} /> : <Off />}
      </>
    ),
  }
}

const Off: FC = () => {
  const words = usePage().texts.account.twoFactor
  // The refusal of a setup that cannot go on is shown here too: this is how to begin again.
  return (
    <Panel title={words.startTitle}>
      <Form action={`${HOME}/set-up`} state={useRefusedForm()} submit={words.start}>
        <OwnPasswordField />
      </Form>
    </Panel>
  )
}

const FEW_CODES = 3

const On: FC<{ codesLeft: number }> = ({ codesLeft }) => {
  const words = usePage().texts.account.twoFactor
  const renewing = { title: words.renewTitle, lead: words.renewLead, submit: words.renew }
  const disabling = { title: words.disableTitle, lead: words.disableLead, submit: words.disable }
  return (
    <>
      <section class="panel">
        <p>
          <span class="badge good">{words.on}</span> {words.codesLeft(codesLeft)}{' '}
          {codesLeft <= FEW_CODES && words.fewCodes}
        </p>
      </section>
      <Fold {...renewing} look="quiet" action={`${HOME}/recovery-codes`} idPrefix="renew-">
        <OwnPasswordField />
        <CodeField />
      </Fold>
      <Fold {...disabling} look="danger" action={`${HOME}/disable`} idPrefix="disable-">
        <OwnPasswordField />
        <Field name="code" label={words.codeOrRecovery} maxlength={60} />
      </Fold>
    </>
  )
}

const codesView = ({ texts }: SignedInRequest, codes: readonly string[]): View => ({
  ...accountArea(texts),
  title: texts.account.twoFactor.codesTitle,
  lead: texts.account.twoFactor.codesLead,
  styles: ['two-factor'],
  scripts: ['/assets/codes.js'],
  main: <CodesShown codes={codes} home={HOME} />,
})

const home = page({
  path: HOME,
  access: { requiredActions: ['two_factor_required'] },
  show: overview,
})

const setUp = formPage({
  path: `${HOME}/set-up`,
  access: { requiredActions: ['two_factor_required'] },
  fields: () => z.strictObject({ password: currentPasswordField }),
  home: HOME,
  show: overview,
  submit: async (request, { password }) => {
    const { secret } = await setUpSecondFactor(request.deps, request.visitor.principal, password)
    return scanView(request, secret)
  },
})

const scanView = ({ texts, deps, visitor }: SignedInRequest, secret: string): View => ({
  ...accountArea(texts),
  title: texts.account.twoFactor.title,
  styles: ['two-factor'],
  main: (
    <SetUpSteps
      secret={secret}
      issuer={deps.config.PRODUCT_NAME}
      label={visitor.user.email}
      action={`${HOME}/enable`}
    />
  ),
})

const enable = formPage({
  path: `${HOME}/enable`,
  access: { requiredActions: ['two_factor_required'] },
  fields: () => z.strictObject({ secret: z.string().regex(/^[A-Z2-7]{16,64}$/), code: codeField }),
  home: HOME,
  show: (request) => {
    const { form, visitor } = request
    const secret = form.values['secret'] ?? ''
    const isLost = form.error?.code === 'no_pending_setup' || !/^[A-Z2-7]{16,64}$/.test(secret)
    return isLost || visitor.principal.isSecondFactorEnabled
      ? overview(request)
      : scanView(request, secret)
  },
  submit: async (request, { code }) =>
    codesView(request, await enableSecondFactor(request.deps, request.visitor.principal, code)),
})

const renew = formPage({
  path: `${HOME}/recovery-codes`,
  access: 'session',
  fields: () => z.strictObject({ password: currentPasswordField, code: codeField }),
  home: HOME,
  show: overview,
  submit: async (request, { password, code }) => {
    const { deps, visitor } = request
    return codesView(request, await renewRecoveryCodes(deps, visitor.principal, password, code))
  },
})

const disable = formPage({
  path: `${HOME}/disable`,
  access: 'session',
  fields: () =>
    z.strictObject({
      password: currentPasswordField,
      code: z.string().trim().min(1).max(60),
    }),
  home: HOME,
  show: overview,
  submit: async ({ deps, visitor }, { password, code: typed }) => {
    const digits = bareCode(typed)
    const factor = /^\d{6}$/.test(digits) ? { code: digits } : { recoveryCode: typed }
    await disableSecondFactor(deps, visitor.principal, password, factor)
    return redirect(HOME, { flash: 'two_factor_off' })
  },
})

export const secondFactorPages = [home, setUp, enable, renew, disable]
