import type { passkeys as english } from '../en/passkeys'

export const passkeys: typeof english = {
  cancelled:
    'Es wurde kein Passkey verwendet. Versuchen Sie es noch einmal oder wählen Sie einen anderen Weg.',
  failed:
    'Passkeys funktionieren hier gerade nicht. Versuchen Sie es noch einmal oder wählen Sie einen anderen Weg.',
  exists: 'Auf diesem Gerät gibt es schon einen Passkey für Ihr Konto.',
}
