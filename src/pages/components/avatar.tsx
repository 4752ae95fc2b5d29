import type { FC } from 'hono/jsx'
import type { User } from '../../users/user-view'

/**
 * The user's initials. The picture at `avatar_url` is never loaded: its host is the user's choice, and
 * would learn when an admin opens the user's page, and from which address.
 */
export const Avatar: FC<{ user: Pick<User, 'full_name'> }> = ({ user }) => (
  <span class="avatar" aria-hidden="true">
    {initials(user.full_name)}
  </span>
)

function initials(name: string): string {
  const words = name.trim().split(/\s+/)
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return ends.map((word) => Array.from(word ?? '')[0]?.toUpperCase()).join('')
}
