import { page, redirect } from '../runtime/page'

/** Where password managers look for the page that changes the password (W3C, change-password URL). */
export const changePasswordAddress = page({
  path: '/.well-known/change-password',
  access: 'anyone',
  show: () => redirect('/account/password'),
})
