/** Passkeys on the hosted pages. */
export const passkeys = {
  cancelled: 'No passkey was used. Try again, or choose another way.',
  failed: 'Passkeys don’t work here right now. Try again, or choose another way.',
  exists: 'This device already has a passkey for your account.',
}
