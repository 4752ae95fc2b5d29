import type { FC } from 'hono/jsx'
import { isSafeUrl } from '../../users/profile-fields'
import type { User } from '../../users/user-view'

type Portrayed = Pick<User, 'full_name' | 'avatar_url'>

/** A person's picture, or his initials. A page that shows it names its origin (imageOriginOf). */
export const Avatar: FC<{ user: Portrayed }> = ({ user }) =>
  user.avatar_url === null ? (
    <span class="avatar" aria-hidden="true">
      {initials(user.full_name)}
    </span>
  ) : (
    <img
      class="avatar"
      src={user.avatar_url}
      alt=""
      width={64}
      height={64}
      referrerpolicy="no-referrer"
    />
  )

/** The origin from which a person's picture is loaded, for the page's policy; none when unsafe. */
export const imageOriginOf = ({ avatar_url: url }: Portrayed): string[] =>
  url !== null && isSafeUrl(url) ? [new URL(url).origin] : []

function initials(name: string): string {
  const words = name.trim().split(/\s+/)
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return ends.map((word) => Array.from(word ?? '')[0]?.toUpperCase()).join('')
}
