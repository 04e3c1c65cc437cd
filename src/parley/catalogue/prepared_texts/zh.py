"""Prepared texts in Chinese."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "introduction": (
        "{our_principal|您的姓名和军衔}的自我介绍",
        """\
{their_principal|对方的姓名和军衔}：

我已就任{our_party|您的一方}{our_office|您的职务}，并接手这条直通线路“{line|线路名称}”。

我将使它保持畅通。贵方在线路上说的话，这里随时有人阅读：FLASH 在{flash|时限}内确认，IMMEDIATE \
在{immediate|时限}内确认。也请贵方同样办理。如果双方部队之间发生任何一方不明白的事情，请先在这里询问。

我希望不久与您通话。我的办公室将发出通话请求，请告知您方便的时间。

此致
{our_principal|您的姓名和军衔}""",
    ),
    "thanks": (
        "我们 {date|日期} 的通话",
        """\
{their_principal|对方的姓名和军衔}：

感谢您参加 {date|日期} {began|开始时间} 至 {ended|结束时间} UTC 的通话。我们谈到：{topics|议题}。

我珍视双方的坦率。我的办公室将落实：{agreed|商定的事项}。

期待下次通话。

此致
{our_principal|您的姓名和军衔}""",
    ),
    "accident": (
        "",
        """\
{their_address|称呼}：

{time|UTC 时间}，{what|发生了什么}，位置 {place|纬度和经度}。\
这是一起事故，并非{our_party|您的一方}有意为之。

涉及：{concerned|飞机、舰船、导弹；名称或编号}。
对贵方的危险：{danger|什么危险、在哪里、到何时为止}。
我方正在采取的措施：{doing|您在做什么}。
请贵方：{asked|您的请求}。

我方将于 {again|UTC 时间} 再次通报。""",
    ),
    "retraction": (
        "",
        """\
{their_address|称呼}：

我方撤回 {sent|发出时间} 的第 {ref|编号} 号电文。该电文无效。\
请勿据此行动；如已行动，请告知做了什么。

原因：{why|一句话}。

实际情况：{instead|一句话，或不写}。""",
    ),
    "exercise-start": (
        "演习 {exercise|名称}",
        """\
{their_address|称呼}：

我方演习 {exercise|名称} 于 {begins|UTC 日期和时间} 开始，于 {ends|UTC 日期和时间} 结束。\
演习区域为 {area|纬度和经度}，参加的有{forces|多少、什么}。

演习不针对{their_party|对方}。如果有任何情况看来并非如此，请在这里询问我方。""",
    ),
    "exercise-stop": (
        "演习 {exercise|名称} 结束",
        """\
{their_address|称呼}：

我方演习 {exercise|名称} 已于 {ended|UTC 日期和时间} 结束{reason|，原因，或不写}。

所有部队于 {left|UTC 日期和时间} 前离开{area|该区域}。""",
    ),
    "time": (
        "",
        """\
{their_address|称呼}：

我方已阅读贵方 {sent|发出时间} 的第 {ref|编号} 号电文。{our_principal|由谁决定}需要时间才能答复。\
贵方将在 {by|UTC 日期和时间} 前得到我方的答复。

在此之前，我方{meanwhile|不做任何使事态恶化的事；请说明是什么}。""",
    ),
    "yours": (
        "",
        """\
{their_address|称呼}：

{time|UTC 时间}，我方看到{what|飞机、舰船、气球、物体}，位置 {place|纬度和经度}，航向 {course|度}，\
速度 {speed|带单位}，高度 {height|带单位}。

这是贵方的吗？如果是：它是什么，在那里做什么，上面是否有人需要帮助？

如果在 {by|UTC 时间} 前没有听到答复，我方将{then|接下来做什么}。""",
    ),
}
