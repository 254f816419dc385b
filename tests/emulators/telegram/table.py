"""Methods and their parameters, objects and their fields: the facts of Bot API 10 that the emulator checks.

`name!:type` is required, `name:type` is not. Types are `int`, `float`, `str`, `bool`, `chat` (a number or @username),
`file` (an upload or a file id), `[X]` for arrays, and the names in `OBJECTS` and `UNIONS`.
Source: https://core.telegram.org/bots/api
"""

from __future__ import annotations

_PLACE = "business_connection_id:str chat_id!:chat message_thread_id:int"
_QUIET = "disable_notification:bool protect_content:bool allow_paid_broadcast:bool message_effect_id:str"
_SEND = (
    f"{_PLACE} direct_messages_topic_id:int {_QUIET} suggested_post_parameters:SuggestedPostParameters"
    " reply_parameters:ReplyParameters reply_markup:Markup"
)
_TEXT = "parse_mode:str entities:[MessageEntity] link_preview_options:LinkPreviewOptions"
_CAPTION = "caption:str parse_mode:str caption_entities:[MessageEntity]"
_ABOVE = "show_caption_above_media:bool"
_SIZED = "duration:int width:int height:int thumbnail:file"
_EDIT = "business_connection_id:str chat_id:chat message_id:int inline_message_id:str reply_markup:InlineKeyboardMarkup"
_TOPIC = "chat_id!:chat message_thread_id!:int"
_MESSAGE = "chat_id!:chat message_id!:int"
_SCOPE = "scope:BotCommandScope language_code:str"

METHODS: dict[str, str] = {
    "getMe": "",
    "getUpdates": "offset:int limit:int timeout:int allowed_updates:[str]",
    "setWebhook": "url!:str certificate:file ip_address:str max_connections:int allowed_updates:[str]"
    " drop_pending_updates:bool secret_token:str",
    "deleteWebhook": "drop_pending_updates:bool",
    "getWebhookInfo": "",
    "sendMessage": f"{_SEND} text!:str {_TEXT}",
    "sendPhoto": f"{_SEND} photo!:file {_CAPTION} {_ABOVE} has_spoiler:bool",
    "sendVideo": f"{_SEND} video!:file {_SIZED} cover:file start_timestamp:int {_CAPTION} {_ABOVE} has_spoiler:bool"
    " supports_streaming:bool",
    "sendAnimation": f"{_SEND} animation!:file {_SIZED} {_CAPTION} {_ABOVE} has_spoiler:bool",
    "sendVoice": f"{_SEND} voice!:file {_CAPTION} duration:int",
    "sendVideoNote": f"{_SEND} video_note!:file duration:int length:int thumbnail:file",
    "sendAudio": f"{_SEND} audio!:file {_CAPTION} duration:int performer:str title:str thumbnail:file",
    "sendSticker": f"{_SEND} sticker!:file emoji:str",
    "sendDocument": f"{_SEND} document!:file thumbnail:file {_CAPTION} disable_content_type_detection:bool",
    "sendMediaGroup": f"{_PLACE} direct_messages_topic_id:int {_QUIET} reply_parameters:ReplyParameters"
    " media!:[InputMedia]",
    "sendLocation": f"{_SEND} latitude!:float longitude!:float horizontal_accuracy:float live_period:int heading:int"
    " proximity_alert_radius:int",
    "sendContact": f"{_SEND} phone_number!:str first_name!:str last_name:str vcard:str",
    "sendMessageDraft": "chat_id!:int message_thread_id:int draft_id!:int text:str parse_mode:str"
    " entities:[MessageEntity]",
    "sendChatAction": f"{_PLACE} action!:str",
    "editMessageText": f"{_EDIT} text!:str {_TEXT}",
    "editMessageCaption": f"{_EDIT} {_CAPTION} {_ABOVE}",
    "editMessageMedia": f"{_EDIT} media!:InputMedia",
    "editMessageReplyMarkup": _EDIT,
    "deleteMessage": _MESSAGE,
    "deleteMessages": "chat_id!:chat message_ids!:[int]",
    "copyMessage": f"{_SEND} from_chat_id!:chat message_id!:int video_start_timestamp:int {_CAPTION} {_ABOVE}".replace(
        "business_connection_id:str ", ""
    ),
    "forwardMessage": "chat_id!:chat message_thread_id:int direct_messages_topic_id:int from_chat_id!:chat"
    " message_id!:int"
    " video_start_timestamp:int disable_notification:bool protect_content:bool message_effect_id:str"
    " suggested_post_parameters:SuggestedPostParameters",
    "setMessageReaction": f"{_MESSAGE} reaction:[ReactionType] is_big:bool",
    "answerCallbackQuery": "callback_query_id!:str text:str show_alert:bool url:str cache_time:int",
    "answerInlineQuery": "inline_query_id!:str results!:[InlineQueryResult] cache_time:int is_personal:bool"
    " next_offset:str"
    " button:InlineQueryResultsButton",
    "getFile": "file_id!:str",
    "getUserProfilePhotos": "user_id!:int offset:int limit:int",
    "getChat": "chat_id!:chat",
    "getChatMember": "chat_id!:chat user_id!:int",
    "getChatAdministrators": "chat_id!:chat return_bots:bool",
    "getChatMemberCount": "chat_id!:chat",
    "leaveChat": "chat_id!:chat",
    "createForumTopic": "chat_id!:chat name!:str icon_color:int icon_custom_emoji_id:str",
    "editForumTopic": f"{_TOPIC} name:str icon_custom_emoji_id:str",
    "closeForumTopic": _TOPIC,
    "reopenForumTopic": _TOPIC,
    "deleteForumTopic": _TOPIC,
    "unpinAllForumTopicMessages": _TOPIC,
    "pinChatMessage": f"business_connection_id:str {_MESSAGE} disable_notification:bool",
    "unpinChatMessage": "business_connection_id:str chat_id!:chat message_id:int",
    "setMyCommands": f"commands!:[BotCommand] {_SCOPE}",
    "deleteMyCommands": _SCOPE,
    "getMyCommands": _SCOPE,
    "setChatMenuButton": "chat_id:int menu_button:MenuButton",
    "getBusinessConnection": "business_connection_id!:str",
    "readBusinessMessage": "business_connection_id!:str chat_id!:int message_id!:int",
    "deleteBusinessMessages": "business_connection_id!:str message_ids!:[int]",
}

_INPUT_MEDIA = f"type!:str media!:str {_CAPTION}"

OBJECTS: dict[str, str] = {
    "User": "id!:int is_bot:bool first_name:str last_name:str username:str language_code:str is_premium:bool",
    "MessageEntity": "type!:str offset!:int length!:int url:str user:User language:str custom_emoji_id:str"
    " unix_time:int"
    " date_time_format:str",
    "LinkPreviewOptions": "is_disabled:bool url:str prefer_small_media:bool prefer_large_media:bool"
    " show_above_text:bool",
    "ReplyParameters": "message_id!:int chat_id:chat allow_sending_without_reply:bool quote:str quote_parse_mode:str"
    " quote_entities:[MessageEntity] quote_position:int checklist_task_id:int poll_option_id:str",
    "SuggestedPostParameters": "price:SuggestedPostPrice send_date:int",
    "SuggestedPostPrice": "currency!:str amount!:int",
    "InlineKeyboardMarkup": "inline_keyboard!:[[InlineKeyboardButton]]",
    "InlineKeyboardButton": "text!:str icon_custom_emoji_id:str style:str url:str callback_data:str web_app:WebAppInfo"
    " login_url:LoginUrl switch_inline_query:str switch_inline_query_current_chat:str"
    " switch_inline_query_chosen_chat:SwitchInlineQueryChosenChat copy_text:CopyTextButton pay:bool",
    "WebAppInfo": "url!:str",
    "LoginUrl": "url!:str forward_text:str bot_username:str request_write_access:bool",
    "SwitchInlineQueryChosenChat": "query:str allow_user_chats:bool allow_bot_chats:bool allow_group_chats:bool"
    " allow_channel_chats:bool",
    "CopyTextButton": "text!:str",
    "ReplyKeyboardMarkup": "keyboard!:[[KeyboardButton]] is_persistent:bool resize_keyboard:bool one_time_keyboard:bool"
    " input_field_placeholder:str selective:bool",
    "KeyboardButton": "text!:str icon_custom_emoji_id:str style:str request_contact:bool request_location:bool"
    " request_poll:KeyboardButtonPollType web_app:WebAppInfo",
    "KeyboardButtonPollType": "type:str",
    "ReplyKeyboardRemove": "remove_keyboard!:bool selective:bool",
    "ForceReply": "force_reply!:bool input_field_placeholder:str selective:bool",
    "InputMediaPhoto": f"{_INPUT_MEDIA} {_ABOVE} has_spoiler:bool",
    "InputMediaVideo": f"{_INPUT_MEDIA} {_ABOVE} has_spoiler:bool thumbnail:str cover:str start_timestamp:int width:int"
    " height:int duration:int supports_streaming:bool",
    "InputMediaAnimation": f"{_INPUT_MEDIA} {_ABOVE} has_spoiler:bool thumbnail:str width:int height:int duration:int",
    "InputMediaAudio": f"{_INPUT_MEDIA} thumbnail:str duration:int performer:str title:str",
    "InputMediaDocument": f"{_INPUT_MEDIA} thumbnail:str disable_content_type_detection:bool",
    "ReactionTypeEmoji": "type!:str emoji!:str",
    "ReactionTypeCustomEmoji": "type!:str custom_emoji_id!:str",
    "ReactionTypePaid": "type!:str",
    "BotCommand": "command!:str description!:str",
    "BotCommandScopePlain": "type!:str",
    "BotCommandScopeChat": "type!:str chat_id!:chat",
    "BotCommandScopeChatMember": "type!:str chat_id!:chat user_id!:int",
    "MenuButtonPlain": "type!:str",
    "MenuButtonWebApp": "type!:str text!:str web_app!:WebAppInfo",
    "InlineQueryResultArticle": "type!:str id!:str title!:str input_message_content!:InputTextMessageContent"
    " reply_markup:InlineKeyboardMarkup url:str description:str thumbnail_url:str thumbnail_width:int"
    " thumbnail_height:int",
    "InputTextMessageContent": f"message_text!:str {_TEXT}",
    "InlineQueryResultsButton": "text!:str web_app:WebAppInfo start_parameter:str",
}

#: Which object a union is: by the value of `type`, or (`None`) by the field that only one of them has.
UNIONS: dict[str, dict[str, str]] = {
    "Markup": {
        "inline_keyboard": "InlineKeyboardMarkup",
        "keyboard": "ReplyKeyboardMarkup",
        "remove_keyboard": "ReplyKeyboardRemove",
        "force_reply": "ForceReply",
    },
    "InputMedia": {
        "photo": "InputMediaPhoto",
        "video": "InputMediaVideo",
        "animation": "InputMediaAnimation",
        "audio": "InputMediaAudio",
        "document": "InputMediaDocument",
    },
    "ReactionType": {
        "emoji": "ReactionTypeEmoji",
        "custom_emoji": "ReactionTypeCustomEmoji",
        "paid": "ReactionTypePaid",
    },
    "BotCommandScope": {
        "default": "BotCommandScopePlain",
        "all_private_chats": "BotCommandScopePlain",
        "all_group_chats": "BotCommandScopePlain",
        "all_chat_administrators": "BotCommandScopePlain",
        "chat": "BotCommandScopeChat",
        "chat_administrators": "BotCommandScopeChat",
        "chat_member": "BotCommandScopeChatMember",
    },
    "MenuButton": {"default": "MenuButtonPlain", "commands": "MenuButtonPlain", "web_app": "MenuButtonWebApp"},
    "InlineQueryResult": {"article": "InlineQueryResultArticle"},
}

_UPDATES = """
message edited_message channel_post edited_channel_post business_connection business_message edited_business_message
deleted_business_messages guest_message message_reaction message_reaction_count inline_query chosen_inline_result
callback_query shipping_query pre_checkout_query purchased_paid_media poll poll_answer my_chat_member chat_member
chat_join_request chat_boost removed_chat_boost managed_bot
"""
UPDATE_TYPES = frozenset(_UPDATES.split())
#: These arrive only when a bot lists them in `allowed_updates`.
ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})

_ACTIONS = """
typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker find_location
record_video_note upload_video_note
"""
CHAT_ACTIONS = frozenset(_ACTIONS.split())

_EMOJI = """
❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡
🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿
🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡
"""
#: What a bot may react with.
REACTIONS = frozenset(_EMOJI.split())

TOPIC_COLORS = frozenset({7322096, 16766590, 13338331, 9367192, 16749490, 16478047})
