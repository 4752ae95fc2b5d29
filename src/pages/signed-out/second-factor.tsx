/**
 * The second step of a sign-in: by passkey, code or recovery code, the strongest first. All attempts count
 * in one budget. Without scripts the passkey's button stays hidden, and the codes work.
 */
import * as z from 'zod'
import { DomainError } from '../../errors'
import { codeField, recoveryCodeField } from '../../factors/code-field'
import type { Parsed } from '../../http/validated'
import { assertionCredential } from '../../passkeys/credential-field'
import { type SecondStep, verifySecondFactor } from '../../sign-in/second-factor-step'
import {
  isOptionsOf,
  type SecondStepChoice,
  secondStepChoice,
} from '../../sign-in/second-step-choice'
import type { SecondStepMethod } from '../../sign-in/second-step-method'
import { Checkbox } from '../components/choices'
import { CodeField, Field } from '../components/fields'
import { Form, FormAlert, Hidden, Submit } from '../components/form'
import { PASSKEY_SCRIPT, PasskeyButton } from '../components/passkey-button'
import { askedField } from '../runtime/address'
import { markOf } from '../runtime/form-owner'
import { formPage } from '../runtime/form-page'
import { forAnotherUser, localPath, withNext, withQuery } from '../runtime/local-path'
import { redirect, type PageRequest, type Visitor } from '../runtime/page'
import { passkeyFields } from '../runtime/passkey-fields'
import { goOn } from './sign-in'

const PATH = '/sign-in/second-factor'
const BY_PASSKEY = '/sign-in/second-factor/passkey'

const query = () => z.object({ next: askedField, with: askedField })
type Asked = PageRequest<Visitor | null, Parsed<typeof query>>

const nextOf = ({ query: { next } }: Asked): string => localPath(next)

const startAgain = (request: Asked) =>
  redirect(withNext(forAnotherUser('/sign-in', request.visitor), nextOf(request)), {
    flash: 'start_again',
    cookies: [{ name: 'challenge', value: null }],
  })

/** What both forms post besides the factor. */
const common = () => ({
  /** The sign-in that the form was opened for: another tab may have begun one since. */
  challenge: z.string().max(100).optional(),
  trust_device: z.boolean().default(false),
})

const codeStep = formPage({
  path: PATH,
  access: 'visitor',
  counting: 'never',
  query,
  fields: () =>
    z.strictObject({
      ...common(),
      code: codeField.optional(),
      recovery_code: recoveryCodeField.optional(),
    }),
  show,
  submit: async (request, { code, recovery_code: recoveryCode, ...posted }) => {
    const challengeToken = await ownChallenge(request, posted.challenge)
    const factor = recoveryCode === undefined ? { code: code ?? '' } : { recoveryCode }
    return verified(request, { challengeToken, trustDevice: posted.trust_device, ...factor })
  },
})

const passkeyStep = formPage({
  path: BY_PASSKEY,
  access: 'visitor',
  counting: 'never',
  query,
  fields: () => z.strictObject({ ...common(), ...passkeyFields(assertionCredential()) }),
  home: (request) => withNext(PATH, nextOf(request)),
  show,
  submit: async (request, posted) => {
    const first = await ownChallenge(request, posted.challenge)
    const { passkey_challenge: challengeToken, passkey_credential: credential } = posted
    if (!(await isOptionsOf(request.deps, challengeToken, first))) {
      throw new DomainError('invalid_challenge')
    }
    return verified(request, { challengeToken, credential, trustDevice: posted.trust_device })
  },
})

/** The challenge of this browser, unless the form was opened for another. Throws `invalid_challenge`. */
async function ownChallenge({ cookie }: Asked, mark: string | undefined): Promise<string> {
  const token = cookie('challenge')
  if (token === undefined) throw new DomainError('invalid_challenge')
  const isOwn = mark === undefined || mark === (await markOf(token))
  if (!isOwn) throw new DomainError('invalid_challenge')
  return token
}

const verified = async (request: Asked, step: Omit<SecondStep, 'userId'>) =>
  goOn(
    request,
    await verifySecondFactor(request.deps, { ...step, userId: undefined }),
    nextOf(request),
  )

async function show(request: Asked) {
  const { texts, cookie, form } = request
  const challenge = cookie('challenge')
  if (challenge === undefined || form.error?.code === 'invalid_challenge') {
    return startAgain(request)
  }
  const choice = await choiceOf(request, challenge)
  if (!choice) return startAgain(request)
  const words = texts.signedOut.secondFactor
  const by = methodOf(request, choice)
  const hasPasskey = choice.methods.includes('passkey') && request.query.with === undefined
  return {
    title: words.title,
    lead: words.leads[hasPasskey ? (`passkey_${by}` as const) : by],
    scripts: hasPasskey ? [PASSKEY_SCRIPT] : [],
    main: (
      <>
        {form.postedTo === BY_PASSKEY && <FormAlert />}
        <StepForm
          request={request}
          choice={choice}
          by={by}
          hasPasskey={hasPasskey}
          mark={await markOf(challenge)}
        />
        <OtherWays request={request} choice={choice} by={by} hasPasskey={hasPasskey} />
      </>
    ),
  }
}

async function choiceOf({ deps }: Asked, challenge: string): Promise<SecondStepChoice | undefined> {
  try {
    return await secondStepChoice(deps, challenge)
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid_challenge') return undefined
    throw error
  }
}

type Typed = Exclude<SecondStepMethod, 'passkey'>

/** The code that is asked for: the stronger one, unless the address asks for a recovery code. */
const methodOf = ({ query: { with: asked } }: Asked, { methods }: SecondStepChoice): Typed =>
  asked !== 'recovery-code' && methods.includes('code') ? 'code' : 'recovery_code'

interface StepProps {
  request: Asked
  choice: SecondStepChoice
  by: Typed
  hasPasskey: boolean
}

const addressOf = (request: Asked, way?: string) => {
  const next = nextOf(request)
  return withQuery(PATH, { next: next === '/account' ? undefined : next, with: way })
}

const StepForm = ({ request, choice, by, hasPasskey, mark }: StepProps & { mark: string }) => {
  const { deps, texts } = request
  const words = texts.signedOut.secondFactor
  const { TRUSTED_BROWSER_DAYS } = deps.config
  return (
    <Form action={addressOf(request, request.query.with)} isWide>
      <Hidden name="challenge" value={mark} />
      {hasPasskey && (
        <div class="passkey-choice">
          <PasskeyButton
            purpose="second-step"
            label={texts.passkeys.use}
            action={withNext(BY_PASSKEY, nextOf(request))}
            look="primary"
            isWide
          />
          <p class="or">{texts.passkeys.or}</p>
        </div>
      )}
      <div class="form" data-passkey-instead>
        {by === 'code' ? (
          <CodeField label={words.code} class="code-input" isFirst={!hasPasskey} />
        ) : (
          <Field
            name="recovery_code"
            label={words.recoveryCode}
            placeholder="XXXX-XXXX-XXXX-XXXX"
            maxlength={60}
            isFirst={!hasPasskey}
          />
        )}
      </div>
      {choice.mayTrust && (
        <Checkbox name="trust_device" label={words.trust(TRUSTED_BROWSER_DAYS)} />
      )}
      <Submit look={hasPasskey ? 'quiet' : undefined} class="wide">
        {words.submit}
      </Submit>
    </Form>
  )
}

const OtherWays = ({ request, choice: { methods }, by, hasPasskey }: StepProps) => {
  const { signedOut } = request.texts
  const words = signedOut.secondFactor
  return (
    <p class="card-foot spread">
      {by === 'code' && <a href={addressOf(request, 'recovery-code')}>{words.useRecovery}</a>}
      {!hasPasskey && methods.includes('passkey') && (
        <a href={addressOf(request)}>{words.usePasskey}</a>
      )}
      {by === 'recovery_code' && methods.includes('code') && !methods.includes('passkey') && (
        <a href={addressOf(request)}>{words.useCode}</a>
      )}
      <a href={withNext(forAnotherUser('/sign-in', request.visitor), nextOf(request))}>
        {signedOut.back}
      </a>
    </p>
  )
}

export const secondFactorStepPages = [codeStep, passkeyStep]
