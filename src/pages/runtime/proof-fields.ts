/** The proof of who is acting, as forms of sensitive actions post it (components/step-up.tsx). */
import * as z from 'zod'
import { challengeField } from '../../credentials/fields'
import { currentPasswordField } from '../../credentials/password-policy'
import { DomainError } from '../../errors'
import { bareCode, codeField, recoveryCodeField } from '../../factors/code-field'
import { assertionCredential } from '../../passkeys/credential-field'
import { type Proof, reauthenticate } from '../../step-up/reauthenticate'
import type { Proved } from '../../users/proved'
import type { SignedInRequest } from './page'

const MAX_CREDENTIAL_CHARS = 20_000

/** A field that may be empty, because the form may post another proof. */
const unlessEmpty = <T>(field: z.ZodType<T, string>, bare = (text: string) => text.trim()) =>
  z
    .string()
    .transform((text) => (bare(text) === '' ? undefined : text))
    .pipe(field.optional())
    .optional()

/** A code of the authenticator app, or a recovery code in the same field. */
const factorField = z
  .string()
  .transform((text) => (/^\d{6}$/.test(bareCode(text)) ? bareCode(text) : text))
  .refine((text) => isOf(codeField, text) || isOf(recoveryCodeField, text), {
    params: { code: 'invalid_format' },
  })

const isOf = (field: z.ZodType<string, string>, text: string) => field.safeParse(text).success

/** For the fields of a form that holds `<StepUpFields/>`. */
export const proofFields = {
  password: unlessEmpty(currentPasswordField, (text) => text),
  code: unlessEmpty(factorField, bareCode),
  passkey_challenge: unlessEmpty(challengeField),
  passkey_credential: unlessEmpty(z.string().max(MAX_CREDENTIAL_CHARS)),
}
/** The names of these fields. They are never shown again, nor posted on. */
export const PROOF_FIELDS: readonly string[] = Object.keys(proofFields)

export type PostedProof = {
  readonly [N in keyof typeof proofFields]?: string | undefined
}

/** The proof that a form has posted. Throws `invalid_passkey` for a passkey's response that is none. */
export function proofOf(posted: PostedProof): Proof {
  const { password, code, passkey_challenge: challengeToken, passkey_credential: text } = posted
  const isCode = code !== undefined && /^\d{6}$/.test(code)
  return {
    password,
    code: isCode ? code : undefined,
    recoveryCode: isCode ? undefined : code,
    ...(challengeToken !== undefined &&
      text !== undefined && { passkey: { challengeToken, credential: credentialOf(text) } }),
  }
}

function credentialOf(text: string) {
  try {
    return assertionCredential().parse(JSON.parse(text))
  } catch {
    throw new DomainError('invalid_passkey', { kind: 'malformed' })
  }
}

/** Asks who is acting, for a verb that does not ask itself. Throws what reauthenticate throws. */
export const confirmIdentity = (
  { deps, visitor }: SignedInRequest,
  posted: PostedProof,
): Promise<Proved> => reauthenticate(deps, visitor.principal, proofOf(posted))

/** The same as a function, for verbs that ask at the right moment. */
export const stepUpBy = (request: SignedInRequest, posted: PostedProof) => (): Promise<Proved> =>
  confirmIdentity(request, posted)
