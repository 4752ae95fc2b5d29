import * as z from 'zod'
import { DomainError } from '../errors'
import { route } from '../http/route'
import { preferencesField } from '../users/preferences'
import { avatarUrlField, bioField, fullNameField, languageField } from '../users/profile-fields'
import { updateProfile } from '../users/update-profile'
import { findUser, User } from '../users/user-view'

const ProfileUpdate = () =>
  z.strictObject({
    full_name: fullNameField.optional(),
    bio: bioField.nullable().optional(),
    avatar_url: avatarUrlField.nullable().optional(),
    language: languageField.optional(),
    preferences: preferencesField.nullable().optional(),
  })

const theProfile = { 200: { description: 'The profile', schema: User } }

const getProfile = route(
  {
    method: 'get',
    path: '/api/v1/users/profile',
    access: 'session',
    docs: __DOCS__ && {
      tag: 'Profile',
      summary: 'Get your profile',
      answers: theProfile,
    },
  },
  async ({ deps, principal }) => {
    const user = await findUser(deps, { subject: principal.subject })
    if (!user) throw new DomainError('invalid_access_token')
    return { status: 200, body: user }
  },
)

const updateProfileBy = (method: 'put' | 'patch') =>
  route(
    {
      method,
      path: '/api/v1/users/profile',
      access: 'session',
      body: ProfileUpdate,
      docs: __DOCS__ && {
        tag: 'Profile',
        summary: 'Update your profile',
        description:
          'Omitted fields do not change. Null clears a field. Preferences are merged (RFC 7396): null removes a key.',
        example: { full_name: 'Ada King', bio: null, preferences: { theme: 'dark' } },
        answers: theProfile,
      },
    },
    async ({ deps, principal, body }) => ({
      status: 200,
      body: await updateProfile(deps, principal, body),
    }),
  )

export const userRoutes = [getProfile, updateProfileBy('put'), updateProfileBy('patch')]
