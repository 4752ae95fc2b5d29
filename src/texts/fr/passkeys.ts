import type { passkeys as english } from '../en/passkeys'

export const passkeys: typeof english = {
  cancelled: 'Aucune clé d’accès n’a été utilisée. Réessayez ou choisissez un autre moyen.',
  failed:
    'Les clés d’accès ne fonctionnent pas ici pour le moment. Réessayez ou choisissez un autre moyen.',
  exists: 'Cet appareil possède déjà une clé d’accès pour votre compte.',
}
