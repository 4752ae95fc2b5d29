/** A button of the console whose action needs a proof: a page of its own asks for it. */
import * as z from 'zod'
import { formPage } from '../runtime/form-page'
import type { Page, SeeOther, SignedInRequest, View } from '../runtime/page'
import { type PostedProof, proofFields } from '../runtime/proof-fields'
import { SYSTEM } from './console'

export type ProvedSubmit = (
  request: SignedInRequest,
  posted: PostedProof,
) => Promise<View | SeeOther>

export const provedButton = (button: {
  readonly path: `/${string}`
  /** The page with the button. */
  readonly home: (request: SignedInRequest) => string
  readonly show: (request: SignedInRequest) => Promise<View>
  readonly submit: ProvedSubmit
}): Page =>
  formPage({
    ...button,
    access: SYSTEM,
    fields: () => z.strictObject(proofFields),
    asksOnPage: true,
  })
