import * as z from 'zod'
import { DomainError } from '../../errors'
import { isSetUpOpen } from '../../registration/set-up-admin'
import { signOutOf } from '../../sessions/own-sessions'
import { hasTexts } from '../../texts/languages'
import { DAY_SECONDS } from '../../time'
import { languageField } from '../../users/profile-fields'
import { updateProfile } from '../../users/update-profile'
import { OTHERS_FORM } from '../runtime/form-owner'
import { formPage } from '../runtime/form-page'
import { localPath, MAX_NEXT_CHARS } from '../runtime/local-path'
import { action, endVisit, page, redirect } from '../runtime/page'

const home = page({
  path: '/',
  access: 'visitor',
  show: async ({ visitor, deps }) => {
    if (visitor) return redirect('/account')
    return redirect((await isSetUpOpen(deps)) ? '/setup' : '/sign-in')
  },
})

const signOut = action({
  path: '/sign-out',
  access: 'visitor',
  counting: 'never',
  home: '/',
  act: async ({ deps, visitor, isOwnForm }) => {
    if (!isOwnForm) throw new DomainError('forbidden', { detail: OTHERS_FORM })
    if (visitor) await signOutOf(deps, visitor.principal)
    return endVisit('signed_out')
  },
})

const YEAR_SECONDS = 365 * DAY_SECONDS

/**
 * The language switch: kept in a cookie, and in the account of the user it was shown to, if it is a change
 * and the user's write budget allows it.
 */
const language = formPage({
  path: '/language',
  access: 'visitor',
  counting: 'or_nobody',
  fields: () =>
    z.strictObject({
      language: languageField.refine(hasTexts),
      next: z.string().max(MAX_NEXT_CHARS).default('/'),
    }),
  home: '/',
  submit: async ({ deps, visitor, isOwnForm }, input) => {
    const isChange = visitor?.user.language !== input.language
    if (isOwnForm && visitor && isChange && visitor.principal.requiredAction === null) {
      await updateProfile(deps, visitor.principal, { language: input.language })
    }
    return redirect(localPath(input.next, '/'), {
      cookies: [{ name: 'language', value: input.language, maxAge: YEAR_SECONDS }],
    })
  },
})

export const homePages = [home, signOut, language]
