"""The events and results that the console has words for; whatever else there is, is shown by its code."""

EVENTS = tuple(
    """account_added account_closing account_erased account_locked account_reopened account_shown account_unlocked admin_refused audit_exported
    audit_purged audit_thinned audit_verified backup_made browser_copied browser_forgotten browser_remembered change_undone client_changed client_disabled client_enabled
    client_invitations_ended client_invited client_refused client_registered client_removed client_secret_rotated code_refused
    connection_ended consent_given consent_withdrawn console_refused console_signed_in console_signed_out contract_ended
    contract_returned contractors_imported contracts_applied contracts_dropped contracts_tried contracts_undone contracts_uploaded
    courier_changed
    database_restored desk_close desk_contract desk_decided desk_destination desk_factor_off desk_identity desk_letter desk_login_id
    desk_proposed desk_reopen desk_reset desk_resume desk_sign_out desk_suspend desk_unlock device_approved device_code_refused device_connected
    device_refused email_sign_in_changed grant_revoked key_withdrawn keys_rotated keys_rotation_asked keys_rotation_withdrawn language_changed letter_password_made
    letters_fetched letters_ordered letters_voided link_opened
    login_id_changed mailbox_deleted mailbox_renamed member_revealed members_searched nickname_changed not_me passkey_renamed password_changed
    recovery_requested refresh_refused registration_begun registration_confirmed registration_started reset_second_factor
    role_changed second_factor second_factor_changed session_ended sign_in signed_out_everywhere staff_begun_anew
    staff_disabled staff_enabled staff_invited staff_joined throttled trial_sent""".split()
)
RESULTS = tuple(
    """ok wrong locked limited suspended letter_expired friction expired format refused role over mismatch no_account no_destination
    exists used_again another_client unproven not_proven too_weak staff done token scope rate registration reset reset_code
    invite""".split()
)
# what is nothing to worry about; of a link that was opened the result says what it was for
GOOD = frozenset({"ok", "done", "registration", "reset", "reset_code", "invite"})
