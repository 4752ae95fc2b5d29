/** The console's import of users, in French. */
import type { imports as en } from '../en/admin-import'

export const imports: typeof en = {
  title: 'Importer des utilisateurs',
  lead: 'NDJSON : un utilisateur par ligne. Les personnes qui ont déjà un compte sont ignorées : le même fichier peut donc être envoyé de nouveau.',
  file: 'Fichier',
  fileHint: 'De n’importe quelle taille avec JavaScript ; sans, jusqu’à 1 000 lignes et 1 Mio.',
  text: 'Ou collez des lignes ici',
  submit: 'Importer',
  stop: 'Arrêter',
  example: 'À quoi ressemble une ligne',
  exampleLead:
    'Seuls email et full_name sont nécessaires. Les empreintes de mots de passe d’autres systèmes restent valables (PBKDF2, bcrypt, scrypt, Argon2).',
  nothing: 'Choisissez un fichier ou collez des lignes.',
  resultTitle: 'Résultat',
  imported: 'Importés',
  skipped: 'Ignorés',
  refused: 'Lignes erronées',
  line: 'Ligne',
  problem: 'Ce qui ne va pas',
  progress: 'Progression',
  running: 'Importation…',
  finished: 'L’importation est terminée.',
  stopped:
    'Importation arrêtée. Envoyez de nouveau le même fichier pour continuer : personne n’est importé deux fois.',
  failed:
    'Le serveur a refusé une partie du fichier. Envoyez de nouveau le même fichier pour continuer : personne n’est importé deux fois.',
  whySkipped: 'Pourquoi cette ligne est ignorée',
  allGood: 'Aucune erreur.',
  moreErrors: 'Seules les 500 premières erreurs sont affichées.',
  moreSkipped: 'Seules les 500 premières lignes ignorées sont affichées.',
  skips: {
    email_taken: 'Il existe déjà un compte avec cette adresse.',
    address_kept:
      'Cette adresse est réservée à un utilisateur qui peut encore annuler un changement d’adresse.',
    duplicate_in_chunk: 'Une ligne précédente contient la même adresse.',
    outranked:
      'Un compte non confirmé avec cette adresse dispose d’autorisations que vous n’avez pas.',
  },
  issues: {
    malformed_line: 'La ligne n’est pas du JSON valide.',
    unknown_role: 'Ce rôle n’existe pas.',
    unknown_field: 'Ce champ est inconnu.',
    in_the_future: 'Un compte ne peut pas avoir été créé dans le futur.',
    garbled: 'Le fichier n’est pas de l’UTF-8 valide.',
    utf_16: 'Le fichier est en UTF-16. Enregistrez-le en UTF-8.',
    not_ndjson:
      'C’est une liste JSON ou du JSON indenté. Écrivez un objet JSON par ligne (NDJSON).',
    empty_password_hash:
      'C’est l’empreinte du mot de passe vide. Omettez hashed_password pour un utilisateur sans mot de passe.',
    hash_not_checked:
      'Le temps a manqué pour vérifier cette empreinte de mot de passe. Envoyez de nouveau la ligne.',
    too_many_lines: '1 000 lignes au maximum à la fois.',
  },
}
