/** The fields that the browser's script fills in with a passkey (public/assets/passkey.js). */
import * as z from 'zod'
import { challengeField } from '../../credentials/fields'

/** The challenge's token, and the response as JSON text. */
export const passkeyFields = <T>(credential: z.ZodType<T>) => ({
  passkey_challenge: challengeField,
  passkey_credential: jsonText().pipe(credential),
})

const jsonText = () =>
  z.string().transform((text, context): unknown => {
    try {
      return JSON.parse(text)
    } catch {
      context.addIssue({ code: 'custom', message: 'Must be JSON' })
      return z.NEVER
    }
  })

/** The credential's id in a posted response, which may have been cut (form-state.ts). */
export const credentialIdIn = (text: string): string | undefined =>
  /^\{"id":"([A-Za-z0-9_-]+)"/.exec(text)?.[1]
