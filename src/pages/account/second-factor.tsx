/**
 * The second factor: turned on and off, with QR code and recovery codes. Secret and codes are shown only in
 * the response to a POST. After a wrong code the same QR code is shown again, from the secret in the form.
 */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { isAuthorizePath } from '../../app-sign-in/authorize-path'
import { codeField } from '../../factors/code-field'
import { countRecoveryCodes } from '../../factors/recovery-codes/recovery-codes'
import { renewRecoveryCodes } from '../../factors/recovery-codes/renew'
import { disableSecondFactor } from '../../factors/totp/disable'
import { enableSecondFactor } from '../../factors/totp/enable'
import { setUpSecondFactor } from '../../factors/totp/set-up'
import type { Parsed } from '../../http/validated'
import { Alert, Form } from '../components/form'
import { Panel } from '../components/layout'
import { StepUpFields } from '../components/step-up'
import { askedField } from '../runtime/address'
import { formPage } from '../runtime/form-page'
import { localPath, withNextInFlow } from '../runtime/local-path'
import {
  page,
  type PageRequest,
  redirect,
  type SignedInRequest,
  type View,
  type Visitor,
} from '../runtime/page'
import { usePage, useRefusedForm } from '../runtime/page-context'
import { proofFields, stepUpBy } from '../runtime/proof-fields'
import { accountArea } from './account-area'
import { CodesShown, Fold, SetUpSteps } from './second-factor-steps'

const HOME = '/account/two-factor'

/** `next`: an app's sign-in, which continues after the set-up. */
const nextQuery = () => z.object({ next: askedField })
const nextOf = ({ query }: Pick<PageRequest<Visitor, Parsed<typeof nextQuery>>, 'query'>) =>
  localPath(query.next)

async function overview(request: SignedInRequest, next = '/account'): Promise<View> {
  const { texts, visitor, deps } = request
  const words = texts.account.twoFactor
  const { isSecondFactorEnabled: isOn, hasPasskey, requiredAction } = visitor.principal
  const codesLeft = isOn || hasPasskey ? await countRecoveryCodes(deps, visitor.user.id) : null
  return {
    ...accountArea(texts),
    title: words.title,
    lead: words.why,
    styles: ['two-factor'],
    main: (
      <>
        {requiredAction === 'two_factor_required' && <Alert text={words.required} />}
        {!isOn && <Off next={next} />}
        {codesLeft !== null && <Codes isOn={isOn} left={codesLeft} />}
        {isOn && <Disable />}
      </>
    ),
  }
}

const Off: FC<{ next: string }> = ({ next }) => {
  const words = usePage().texts.account.twoFactor
  // The refusal of a setup that cannot go on is shown here too: this is how to begin again.
  return (
    <Panel title={words.startTitle}>
      <Form
        action={withNextInFlow(`${HOME}/set-up`, next)}
        state={useRefusedForm()}
        submit={words.start}
      >
        <StepUpFields />
      </Form>
    </Panel>
  )
}

const FEW_CODES = 3

/** The recovery codes, which come with a second factor or a passkey. */
const Codes: FC<{ isOn: boolean; left: number }> = ({ isOn, left }) => {
  const words = usePage().texts.account.twoFactor
  const renewing = { title: words.renewTitle, lead: words.renewLead, submit: words.renew }
  return (
    <>
      <section class="panel">
        <p>
          {isOn && <span class="badge good">{words.on}</span>} {words.codesLeft(left)}{' '}
          {left <= FEW_CODES && words.fewCodes}
        </p>
      </section>
      <Fold {...renewing} look="quiet" action={`${HOME}/recovery-codes`} idPrefix="renew-">
        <StepUpFields />
      </Fold>
    </>
  )
}

const Disable: FC = () => {
  const words = usePage().texts.account.twoFactor
  const disabling = { title: words.disableTitle, lead: words.disableLead, submit: words.disable }
  return (
    <Fold {...disabling} look="danger" action={`${HOME}/disable`} idPrefix="disable-">
      <StepUpFields />
    </Fold>
  )
}

const codesView = ({ texts }: SignedInRequest, codes: readonly string[], home = HOME): View => ({
  ...accountArea(texts),
  title: texts.account.twoFactor.codesTitle,
  lead: texts.account.twoFactor.codesLead,
  styles: ['two-factor'],
  scripts: ['/assets/codes.js'],
  main: <CodesShown codes={codes} home={home} />,
})

const home = page({
  path: HOME,
  access: { requiredActions: ['two_factor_required'] },
  query: nextQuery,
  show: (request) => {
    const next = nextOf(request)
    const { requiredAction, isSecondFactorEnabled, hasPasskey } = request.visitor.principal
    // A user who has a factor already proves it instead of setting up another.
    const canProve = requiredAction !== null && (isSecondFactorEnabled || hasPasskey)
    return canProve ? redirect(withNextInFlow('/confirm-identity', next)) : overview(request, next)
  },
})

const setUp = formPage({
  path: `${HOME}/set-up`,
  access: { requiredActions: ['two_factor_required'] },
  query: nextQuery,
  fields: () => z.strictObject(proofFields),
  home: (request) => withNextInFlow(HOME, nextOf(request)),
  show: (request) => overview(request, nextOf(request)),
  submit: async (request, posted) => {
    const { deps, visitor } = request
    const { secret } = await setUpSecondFactor(deps, visitor.principal, stepUpBy(request, posted))
    return scanView(request, secret, nextOf(request))
  },
})

const scanView = (
  { texts, deps, visitor }: SignedInRequest,
  secret: string,
  next: string,
): View => ({
  ...accountArea(texts),
  title: texts.account.twoFactor.title,
  styles: ['two-factor'],
  main: (
    <SetUpSteps
      secret={secret}
      issuer={deps.config.PRODUCT_NAME}
      label={visitor.user.email}
      action={withNextInFlow(`${HOME}/enable`, next)}
    />
  ),
})

const enable = formPage({
  path: `${HOME}/enable`,
  access: { requiredActions: ['two_factor_required'] },
  query: nextQuery,
  fields: () => z.strictObject({ secret: z.string().regex(/^[A-Z2-7]{16,64}$/), code: codeField }),
  home: (request) => withNextInFlow(HOME, nextOf(request)),
  show: (request) => {
    const next = nextOf(request)
    const { form, visitor } = request
    const secret = form.values['secret'] ?? ''
    const isLost = form.error?.code === 'no_pending_setup' || !/^[A-Z2-7]{16,64}$/.test(secret)
    return isLost || visitor.principal.isSecondFactorEnabled
      ? overview(request, next)
      : scanView(request, secret, next)
  },
  submit: async (request, { code }) =>
    codesView(
      request,
      await enableSecondFactor(request.deps, request.visitor.principal, code),
      isAuthorizePath(nextOf(request)) ? nextOf(request) : HOME,
    ),
})

const renew = formPage({
  path: `${HOME}/recovery-codes`,
  access: 'session',
  fields: () => z.strictObject(proofFields),
  home: HOME,
  show: (request) => overview(request),
  submit: async (request, posted) => {
    const { deps, visitor } = request
    const codes = await renewRecoveryCodes(deps, visitor.principal, stepUpBy(request, posted))
    return codesView(request, codes)
  },
})

const disable = formPage({
  path: `${HOME}/disable`,
  access: 'session',
  fields: () => z.strictObject(proofFields),
  home: HOME,
  show: (request) => overview(request),
  submit: async (request, posted) => {
    const { deps, visitor } = request
    await disableSecondFactor(deps, visitor.principal, stepUpBy(request, posted))
    return redirect(HOME, { flash: 'two_factor_off' })
  },
})

export const secondFactorPages = [home, setUp, enable, renew, disable]
