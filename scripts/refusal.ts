/** A fault whose message says all that its reader needs: it is printed without a stack. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}
